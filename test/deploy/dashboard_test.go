package deploy

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// panel is what the tests look at in a panel of the dashboard.
type panel struct {
	Type, Title, Description string
	Datasource               struct{ Type, UID string }
	GridPos                  struct{ X, Y, W, H int }
	FieldConfig              struct {
		Defaults struct{ Unit string }
	}
	Targets []struct {
		Expr       string
		Datasource struct{ UID string }
	}
}

type dashboard struct {
	Title, UID string
	Editable   bool
	Panels     []panel
	Templating struct {
		List []struct {
			Name, Label, Type, AllValue string
			Refresh                     int
			Multi, IncludeAll           bool
			Query                       any // text, or an object with the text
			Datasource                  struct{ UID string }
		}
	}
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	var d dashboard
	if err := json.Unmarshal([]byte(read(t, "deploy/grafana/port-iam.json")), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// queries are the queries of all panels, by the title of the panel.
func (d dashboard) queries() map[string][]string {
	all := map[string][]string{}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all[p.Title] = append(all[p.Title], target.Expr)
		}
	}
	return all
}

var (
	selector = regexp.MustCompile(`\{[^{}]*\}`)
	ranged   = regexp.MustCompile(`(\w+)\(\w+\{[^{}]*\}\[([^\]]+)\]\)`)
	counter  = regexp.MustCompile(`\w+_(total|bucket|sum|count)\{`)
	// What has the label account.
	ofAccount = regexp.MustCompile(`port_iam_(?:runs_total|grants|grants_overdue|account_up)\{([^{}]*)\}`)
	units     = []string{"short", "s", "ops", "reqps", "bytes"} // of Grafana's, those that we use
)

// TestDashboard holds the dashboard to the rules of Grafana's dashboard-linter,
// which is not to be had as a module: data source, job, release, instance and account
// can be chosen and every query goes by them, every panel says what it shows and in which unit,
// counters are only used as rates, and rates go by what Grafana says is enough.
func TestDashboard(t *testing.T) {
	d := readDashboard(t)
	if d.Editable || d.UID != "port-iam" {
		t.Errorf("editable %v, uid %q", d.Editable, d.UID)
	}
	var variables []string
	for _, v := range d.Templating.List {
		variables = append(variables, v.Name+"/"+v.Label)
		all := ".+"
		if v.Name == "release" || v.Name == "account" {
			all = ".*" // targets without a release, runs without an account
		}
		if v.Type == "query" && (v.Refresh != 2 || !v.Multi || !v.IncludeAll || v.AllValue != all || v.Datasource.UID != "$datasource") {
			t.Errorf("variable %s: %+v", v.Name, v)
		}
		if v.Type == "datasource" && v.Query != "prometheus" {
			t.Errorf("data sources are those of %v", v.Query)
		}
	}
	if want := []string{"datasource/Data source", "job/Job", "release/Release", "instance/Instance", "account/AWS account"}; !slices.Equal(variables, want) {
		t.Errorf("variables %v, want %v", variables, want)
	}
	titles := map[string]bool{}
	for _, p := range d.Panels {
		if p.Type == "row" {
			continue
		}
		if p.Title == "" || p.Description == "" || len(p.Targets) == 0 {
			t.Errorf("panel %q lacks a title, a description or a query", p.Title)
		}
		if unit := p.FieldConfig.Defaults.Unit; !slices.Contains(units, unit) {
			t.Errorf("panel %q has the unit %q", p.Title, unit)
		}
		if titles[p.Title] && p.GridPos.Y < 5 {
			t.Errorf("panel %q is there twice", p.Title)
		}
		titles[p.Title] = true
		if p.Datasource.UID != "$datasource" {
			t.Errorf("panel %q: data source %q", p.Title, p.Datasource.UID)
		}
		for _, target := range p.Targets {
			checkQuery(t, p.Title, target.Expr)
			if target.Datasource.UID != "$datasource" {
				t.Errorf("panel %q: data source of a query %q", p.Title, target.Datasource.UID)
			}
		}
	}
	checkLayout(t, d.Panels)
}

func checkQuery(t *testing.T, title, query string) {
	t.Helper()
	for _, s := range selector.FindAllString(query, -1) {
		if !strings.Contains(s, `job=~"$job", release=~"$release", instance=~"$instance"`) {
			t.Errorf("panel %q: %s does not go by job, release and instance", title, s)
		}
	}
	for _, m := range ofAccount.FindAllStringSubmatch(query, -1) {
		if !strings.Contains(m[1], `account=~"$account"`) {
			t.Errorf("panel %q: %s does not go by account", title, m[0])
		}
	}
	uses := ranged.FindAllStringSubmatch(query, -1)
	if len(uses) != len(counter.FindAllString(query, -1)) || len(uses) != strings.Count(query, "[") {
		t.Errorf("panel %q: a counter without a rate in %s", title, query)
	}
	for _, u := range uses {
		switch call := u[1] + " over " + u[2]; call {
		case "rate over $__rate_interval", "increase over $__rate_interval", "increase over $__range":
		default:
			t.Errorf("panel %q: %s", title, call)
		}
	}
}

// TestDashboardQueries: Prometheus can read every query.
func TestDashboardQueries(t *testing.T) {
	requireReal(t, "promtool")
	queries := map[string]string{}
	for title, all := range readDashboard(t).queries() {
		for _, q := range all {
			queries[grafana.Replace(q)] = title
		}
	}
	checkQueries(t, queries)
}

// checkLayout: what matters most is on top, and no two panels overlap.
func checkLayout(t *testing.T, panels []panel) {
	t.Helper()
	if panels[0].Title != "Grants in flight" || panels[1].Title != "Grants failed" {
		t.Errorf("on top are %q and %q", panels[0].Title, panels[1].Title)
	}
	taken := map[[2]int]string{}
	for _, p := range panels {
		g := p.GridPos
		if g.X+g.W > 24 || g.W == 0 || g.H == 0 {
			t.Errorf("panel %q is at %+v", p.Title, g)
		}
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				if other, ok := taken[[2]int{x, y}]; ok {
					t.Fatalf("panels %q and %q overlap", other, p.Title)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}
