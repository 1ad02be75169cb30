package postgres_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// Values whose JSON form the engine makes itself must look as PostgreSQL's to_json makes them.
func TestJSONIsThatOfToJSON(t *testing.T) {
	e := open(t)
	run(t, e, `create type mood as enum ('sad', 'so "so"');
create domain positive as numeric(8,3) check (value > 0);
create domain few as int[] check (cardinality(value) < 5);
create type pair as (a int, "b ""c" text, d timestamptz, e numeric[], f positive);
create type nest as (p pair, list pair[], j jsonb, m mood);
create table tab (id int, gone int, name text); alter table tab drop column gone;
insert into tab values (1, 'x'), (2, null);
create type span as range (subtype = float8)`)
	for _, x := range []string{
		`null::int`, `1::int2`, `-2::int4`, `9223372036854775807::int8`, `true`, `false`,
		`1.50::numeric`, `'NaN'::numeric`, `'Infinity'::numeric`, `'-Infinity'::float8`, `'NaN'::float4`, `1e300::float8`, `1e-7::float8`, `0.1::float4`, `'-0'::float8`, `1e20::numeric`,
		`''::text`, `E'a"b\\c\n\r\t\b\f\x01\x1f\x7f/äß€😀'::text`, `'x '::char(4)`, `'y'::varchar(3)`, `'n'::name`, `'c'::"char"`,
		`'\xdeadbeef00'::bytea`, `''::bytea`, `'{"a": [1, 2 ]}'::json`, `'{"b":1,"a": [1, 2 ]}'::jsonb`, `'null'::jsonb`, `'"x"'::json`,
		`'2026-01-02 03:04:05'::timestamp`, `'2026-01-02 03:04:05.120000'::timestamp`, `'infinity'::timestamp`, `'0044-03-15 12:00:00 BC'::timestamp`,
		`'2026-01-02 03:04:05+02'::timestamptz`, `'-infinity'::timestamptz`, `'0044-03-15 12:00:00+00 BC'::timestamptz`, `'12026-01-02 03:04:05+00'::timestamptz`,
		`'2026-01-02'::date`, `'infinity'::date`, `'0044-03-15 BC'::date`, `'03:04:05.5'::time`, `'03:04:05+02:30'::timetz`, `'1 year 2 days 03:04:05'::interval`,
		`'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid`, `'10.0.0.1/8'::inet`, `'10.0.0.0/8'::cidr`, `'08:00:2b:01:02:03'::macaddr`, `'12.34'::money`, `B'101'`, `'1,2'::point`, `'(1,2),(0,0)'::box`,
		`'a & b'::tsquery`, `'a:1 b:2'::tsvector`, `'$.a'::jsonpath`, `'pg_class'::regclass`, `'text'::regtype`, `5::oid`, `'<a/>'::xml`,
		`int4range(1, 5)`, `'empty'::int8range`, `tstzrange('2026-01-01 00:00+00', null)`, `'{[1,2),[5,8)}'::int4multirange`, `span(1.5, 2)`,
		`'sad'::mood`, `'so "so"'::mood`, `1.5::positive`, `array[1,2]::few`,
		`array[1,null,3]`, `array[]::int[]`, `'[0:1]={7,8}'::int[]`, `array[[1,2],[3,4]]`, `array['a','b "c"','d,e','null','NULL','',null,E'x\\y','{}']`, `array[true,false]`, `array[1.5,'NaN']::numeric[]`,
		`array['{"a": 1}','[2]']::jsonb[]`, `array['{"a": "x\"y"}']::json[]`, `array['2026-01-02 03:04:05+00']::timestamptz[]`, `array['\x00']::bytea[]`, `array['sad','so "so"']::mood[]`,
		`array['(1,2),(0,0)','(3,4),(1,1)']::box[]`, `array[int4range(1,2)]`, `array['a','b']::name[]`, `'1 2'::int2vector`, `'3 4'::oidvector`,
		`row(1, 'x', '2026-01-02 03:04:05+00', '{1,2.5}', 3)::pair`, `row(null, null, null, null, null)::pair`, `row(1, '', null, '{}', null)::pair`, `row(1, E'a"b\\c,(d)\n', null, null, null)::pair`,
		`array[row(1, 'x"y', null, '{1}', 2)::pair, null, row(null, ' ', null, null, null)::pair]`,
		`row(row(1, 'x"\y', '2026-01-02 03:04:05+00', '{1,2}', 3)::pair, array[row(2, 'y', null, null, null)::pair], '{"k": "v\"w"}', 'so "so"')::nest`, `array[row(null, null, '[]', 'sad')::nest]`,
		`(select t from tab t where id = 1)`, `array(select t from tab t order by id)`,
	} {
		value := strings.TrimSuffix(strings.TrimPrefix(run(t, e, "select "+x), "["), "]")
		text := strings.TrimSuffix(strings.TrimPrefix(run(t, e, "select coalesce(to_json("+x+")::text, 'null')"), "["), "]")
		var want string
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if value != want {
			t.Errorf("%s\n got %s\nwant %s", x, value, want)
		}
	}
}
