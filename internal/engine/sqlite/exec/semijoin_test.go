package exec_test

import (
	"strings"
	"testing"
)

// TestSemiJoins checks where a policy, and a condition that someone wrote, asks another table for each row, and where it takes a list that was made once.
func TestSemiJoins(t *testing.T) {
	w := newWorld(t)
	w.apply(`CREATE TABLE member (org int NOT NULL, who uuid NOT NULL, rank int, name text, level numeric, PRIMARY KEY (who, org)); CREATE INDEX ON member (org); CREATE INDEX ON member (rank);
		CREATE TABLE author (id int PRIMARY KEY, org int NOT NULL, name text); CREATE INDEX ON author (org);
		CREATE TABLE doc (id bigint PRIMARY KEY, author int REFERENCES author, org smallint, title text, score float8, level numeric, made timestamptz NOT NULL);
		CREATE INDEX doc_author ON doc (author); CREATE INDEX doc_made ON doc (made); CREATE INDEX doc_org ON doc (org);
		CREATE FUNCTION odd(int) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1 % 2 = 1; END';
		CREATE ROLE r; GRANT SELECT ON doc, author, member TO r;
		ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
		CREATE POLICY p ON doc USING (EXISTS (SELECT FROM author a JOIN member m ON m.org = a.org WHERE a.id = doc.author AND m.who = (current_setting('request.sub', true))::uuid))`)
	const mine = `m.who = current_setting('request.sub', true)::uuid`
	for _, c := range []struct {
		role, query string
		list        bool
	}{
		// The policy.
		{"r", `SELECT count(*) FROM doc`, true},
		{"r", `SELECT count(*) FROM doc WHERE author = 5`, true},
		{"r", `SELECT title FROM doc`, true},
		{"r", `SELECT title FROM doc ORDER BY title LIMIT 20`, true},
		{"r", `SELECT title FROM doc ORDER BY made DESC LIMIT 20`, false},
		{"r", `SELECT title FROM doc LIMIT 20`, false},
		{"r", `SELECT title FROM doc WHERE id = 5`, false},
		{"r", `SELECT a.name, (SELECT count(*) FROM doc WHERE doc.author = a.id) FROM author a`, false},
		{"r", `SELECT count(*) FROM author a JOIN doc d ON d.author = a.id`, true},
		{"r", `SELECT count(*) FROM author a LEFT JOIN doc d ON d.author = a.id`, false},
		// What someone wrote.
		{"postgres", `SELECT count(*) FROM author a WHERE EXISTS (SELECT FROM member m WHERE m.org = a.org AND ` + mine + `)`, true},
		{"postgres", `SELECT count(*) FROM author a WHERE a.name > 'a' AND (a.name = 'x' OR EXISTS (SELECT 1 FROM member m WHERE a.org = m.org AND ` + mine + `))`, true},
		{"postgres", `SELECT count(*) FROM author a WHERE EXISTS (SELECT FROM member m WHERE m.org = a.org AND m.rank = a.id AND ` + mine + `)`, true},
		{"postgres", `SELECT count(*) FROM doc d WHERE EXISTS (SELECT FROM member m WHERE m.org = d.org AND ` + mine + `)`, true}, // int4 and int2
		{"postgres", `SELECT count(*) FROM doc d WHERE EXISTS (SELECT FROM member m WHERE m.level = d.level AND ` + mine + `)`, true},
		{"postgres", `SELECT count(*) FROM doc d WHERE EXISTS (SELECT FROM author a WHERE a.id = d.author AND a.org = 3 AND EXISTS (SELECT FROM member m WHERE m.org = a.org AND ` + mine + `))`, true},
		{"postgres", `SELECT count(*) FROM author a WHERE NOT EXISTS (SELECT FROM member m WHERE m.org = a.org AND ` + mine + `)`, false},
		{"postgres", `SELECT count(*) FROM author a WHERE EXISTS (SELECT FROM member m WHERE m.org = a.org AND ` + mine + `) IS FALSE`, false},
		{"postgres", `SELECT EXISTS (SELECT FROM member m WHERE m.org = a.org AND ` + mine + `) FROM author a`, false},
		{"postgres", `SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM member m WHERE m.org = a.org AND ` + mine + `)) FROM author a`, false},
		{"postgres", `SELECT count(*) FROM author a WHERE EXISTS (SELECT FROM member m WHERE m.org = a.org)`, false},                                     // a list of all
		{"postgres", `SELECT count(*) FROM author a WHERE EXISTS (SELECT FROM member m WHERE m.org = a.org AND m.level = 5)`, false},                     // no index finds them
		{"postgres", `SELECT count(*) FROM author a WHERE EXISTS (SELECT FROM member m WHERE m.org > a.org AND ` + mine + `)`, false},                    // no equality
		{"postgres", `SELECT count(*) FROM author a WHERE EXISTS (SELECT FROM member m WHERE m.org = a.org AND m.rank > a.id AND ` + mine + `)`, false},  // the list would be another for each
		{"postgres", `SELECT count(*) FROM author a WHERE EXISTS (SELECT FROM member m WHERE m.name = lower(a.name) AND ` + mine + `)`, false},           // no column
		{"postgres", `SELECT count(*) FROM doc d WHERE EXISTS (SELECT FROM doc e WHERE e.score = d.score AND e.author = 1)`, false},                      // 0 and -0
		{"postgres", `SELECT count(*) FROM author a WHERE EXISTS (SELECT FROM member m WHERE m.org = a.org AND random() < 0.5 AND ` + mine + `)`, false}, // another each time
		{"postgres", `SELECT count(*) FROM author a WHERE EXISTS (SELECT FROM member m WHERE m.org = a.org AND 1 / m.rank > 0 AND ` + mine + `)`, false}, // fails where no author is
		{"postgres", `SELECT count(*) FROM author a WHERE EXISTS (SELECT FROM member m WHERE m.org = a.org AND odd(m.rank) AND ` + mine + `)`, false},    // may fail
		{"postgres", `SELECT count(*) FROM author a WHERE EXISTS (SELECT FROM member m WHERE m.org = a.org AND ` + mine + ` LIMIT 1)`, false},            // not only rows
		{"postgres", `SELECT count(*) FROM author a WHERE EXISTS (SELECT count(*) FROM member m WHERE m.org = a.org AND ` + mine + `)`, false},           // always a row
		{"postgres", `SELECT count(*) FROM author a WHERE EXISTS (SELECT FROM member m LEFT JOIN doc d ON d.id = m.rank WHERE m.org = a.org AND ` + mine + `)`, false},
	} {
		plan := strings.Join(explain(t, w, c.role, c.query), "\n")
		if got := strings.Contains(plan, "LIST SUBQUERY"); got != c.list {
			t.Errorf("as %s: %s\na list: %v, want %v\n%s", c.role, c.query, got, c.list, plan)
		}
		if strings.Contains(c.query, "count(*) FROM doc") && c.role == "r" && c.list && !strings.Contains(plan, "USING COVERING INDEX public.doc_author (author=?)") {
			t.Errorf("as %s: %s\n%s", c.role, c.query, plan)
		}
	}
}
