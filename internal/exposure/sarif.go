package exposure

import (
	"encoding/json"
	"slices"
)

// SARIF is the findings, and what is worse than a baseline, as SARIF 2.1.0, which code scanners read. file is where a finding is that has no file of its own.
func (a *Audit) SARIF(version, file string, worse []string) ([]byte, error) {
	type text struct {
		Text string `json:"text"`
	}
	type rule struct {
		ID      string `json:"id"`
		Short   text   `json:"shortDescription"`
		Default struct {
			Level string `json:"level"`
		} `json:"defaultConfiguration"`
	}
	type place struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
		} `json:"physicalLocation"`
		Logical []struct {
			Name string `json:"fullyQualifiedName"`
		} `json:"logicalLocations,omitempty"`
	}
	type result struct {
		Rule      string  `json:"ruleId"`
		Index     int     `json:"ruleIndex"`
		Level     string  `json:"level"`
		Message   text    `json:"message"`
		Locations []place `json:"locations"`
	}
	codes := append(slices.Clone(Codes), MoreReachable)
	var rules []rule
	for _, c := range codes {
		r := rule{ID: c.Code, Short: text{c.Title + "."}}
		r.Default.Level = c.Level
		rules = append(rules, r)
	}
	findings := slices.Clone(a.Findings)
	for _, w := range worse {
		findings = append(findings, MoreReachable.New("", w, ""))
	}
	results := []result{}
	for _, f := range findings {
		r := result{Rule: f.Code, Index: slices.IndexFunc(codes, func(c Code) bool { return c.Code == f.Code }), Level: f.Level, Message: text{f.Message}}
		if f.Fix != "" {
			r.Message.Text += "\nFix: " + f.Fix
		}
		var at place
		if at.Physical.Artifact.URI = f.File; f.File == "" {
			at.Physical.Artifact.URI = file
		}
		if f.Object != "" {
			r.Message.Text = f.Object + ": " + r.Message.Text
			at.Logical = append(at.Logical, struct {
				Name string `json:"fullyQualifiedName"`
			}{f.Object})
		}
		r.Locations = []place{at}
		results = append(results, r)
	}
	type tool struct {
		Driver struct {
			Name    string `json:"name"`
			Version string `json:"version"`
			Rules   []rule `json:"rules"`
		} `json:"driver"`
	}
	type run struct {
		Tool    tool     `json:"tool"`
		Results []result `json:"results"`
	}
	var only run
	only.Tool.Driver.Name, only.Tool.Driver.Version, only.Tool.Driver.Rules = "mainstay audit", version, rules
	only.Results = results
	return json.MarshalIndent(struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []run  `json:"runs"`
	}{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []run{only}}, "", "  ")
}

// MoreReachable is what Worse finds.
var MoreReachable = Code{"MSA00", "error", "More can be reached than the baseline says"}
