package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"

	"port-iam/iamops/catalogue"
)

// Set by the linker when a release is built; where commit is not, the build
// information of Go may know it.
var (
	version = "dev"
	commit  = ""
)

// build is what this binary was made from.
type build struct{ version, commit, goVersion, catalogue string }

func readBuild() build {
	b := build{version: version, commit: commit, goVersion: runtime.Version(), catalogue: "unknown"}
	if actions, err := catalogue.Open(); err == nil {
		b.catalogue = actions.Version()
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.commit = cmp.Or(b.commit, s.Value)
			}
		}
	}
	b.commit = cmp.Or(b.commit, "unknown")
	return b
}

func (b build) String() string {
	return fmt.Sprintf("port-iam %s, commit %s, %s, catalogue of actions %s", b.version, b.commit, b.goVersion, b.catalogue)
}

// register also says in which consumer group this instance is: "" until the group
// is known, which is what the function that it returns is for.
func (b build) register(reg prometheus.Registerer) (inGroup func(group string)) {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "port_iam_build_info",
		Help: "What is running: always 1.",
	}, []string{"version", "commit", "goversion", "catalogue", "group"})
	reg.MustRegister(g)
	inGroup = func(group string) {
		g.Reset()
		g.WithLabelValues(b.version, b.commit, b.goVersion, b.catalogue, group).Set(1)
	}
	inGroup("")
	return inGroup
}
