package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	pss "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// kube decodes every manifest into its Go type; a field that the type does not
// have, or that is there twice, is an error.
func kube(in io.Reader, out io.Writer) error {
	s := runtime.NewScheme()
	if err := errors.Join(scheme.AddToScheme(s), monitoring.AddToScheme(s)); err != nil {
		return err
	}
	decoder := serializer.NewCodecFactory(s, serializer.EnableStrict).UniversalDeserializer()
	documents := yaml.NewYAMLReader(bufio.NewReader(in))
	var problems []error
	for {
		text, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return errors.Join(problems...)
		} else if err != nil {
			return err
		}
		if empty(string(text)) {
			continue
		}
		object, kind, err := decoder.Decode(text, nil, nil)
		if err != nil {
			problems = append(problems, fmt.Errorf("%w in:\n%s", err, text))
			continue
		}
		if d, ok := object.(*apps.Deployment); ok {
			problems = append(problems, restricted(d))
		}
		_, _ = fmt.Fprintln(out, kind.Kind)
	}
}

// empty is true for what holds comments only, which Helm leaves of a template
// that is switched off.
func empty(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line != "---" && !strings.HasPrefix(line, "#") {
			return false
		}
	}
	return true
}

// restricted asks the code by which Kubernetes itself admits pods.
func restricted(d *apps.Deployment) error {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return err
	}
	level := pss.LevelVersion{Level: pss.LevelRestricted, Version: pss.LatestVersion()}
	pod := d.Spec.Template
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec))
	if !result.Allowed {
		return fmt.Errorf("pods of %s violate the restricted level: %s: %s", d.Name, result.ForbiddenReason(), result.ForbiddenDetail())
	}
	return nil
}
