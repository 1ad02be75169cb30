select '"\ud800"'::json;
--| "\ud800"
--| = SELECT 1
select '"\ud800"'::jsonb;
--| ! 22P02 invalid input syntax for type json
--| ! detail: Unicode low surrogate must follow a high surrogate.
select '"\udc00x"'::jsonb;
--| ! 22P02 invalid input syntax for type json
--| ! detail: Unicode low surrogate must follow a high surrogate.
select '"\ud83d\ude00"'::jsonb, '"\ud83d\ude00"'::json;
--| "😀"|"\ud83d\ude00"
--| = SELECT 1
select '"\u0000"'::jsonb;
--| ! 22P05 unsupported Unicode escape sequence
--| ! detail: \u0000 cannot be converted to text.
select '"\u0000"'::json;
--| "\u0000"
--| = SELECT 1
create table t (id int primary key, a int);
--| = CREATE TABLE
create function va() returns int language plpgsql volatile as $$ begin return 7; end $$;
--| = CREATE FUNCTION
create table e (id int default va(), b float8);
--| = CREATE TABLE
insert into e (b) select g from generate_series(1, 2) g returning *;
--| 7|1
--| 7|2
--| = INSERT 0 2
insert into t values (1, 6);
--| = INSERT 0 1
create view v as select id, a from t where a > 0 with check option;
--| = CREATE VIEW
insert into v values (5, -1);
--| ! 44000 new row violates check option for view "v"
--| ! detail: Failing row contains (5, -1).
insert into v values (null, -1);
--| ! 23502 null value in column "id" of relation "t" violates not-null constraint
--| ! detail: Failing row contains (null, -1).
insert into v values (1, -1);
--| ! 23505 duplicate key value violates unique constraint "t_pkey"
--| ! detail: Key (id)=(1) already exists.
update v set a = -1;
--| ! 44000 new row violates check option for view "v"
--| ! detail: Failing row contains (1, -1).
update v set id = null, a = -1;
--| ! 23502 null value in column "id" of relation "t" violates not-null constraint
--| ! detail: Failing row contains (null, -1).
merge into v using (values (1)) s(x) on v.id = s.x when matched then delete;
--| ! 0A000 cannot execute MERGE on relation "v"
--| ! detail: This operation is not supported for views.
create view inner_v as select id, a from t where id < 10;
--| = CREATE VIEW
create view outer_v as select id, a from inner_v where a < 100 with cascaded check option;
--| = CREATE VIEW
insert into outer_v values (20, 200);
--| ! 44000 new row violates check option for view "inner_v"
--| ! detail: Failing row contains (20, 200).
insert into outer_v values (9, 200);
--| ! 44000 new row violates check option for view "outer_v"
--| ! detail: Failing row contains (9, 200).
insert into outer_v values (9, 20);
--| = INSERT 0 1
select * from t order by id;
--| 1|6
--| 9|20
--| = SELECT 2
select row(1, row(2, 'a"b', null)), array[row(1, '{x}')], row(1, array[row(2, 'b c')]);
--| (1,"(2,""a""""b"",)")|{"(1,{x})"}|(1,"{""(2,\\""b c\\"")""}")
--| = SELECT 1
select (r).f2 from (select row(1, row(2, 'a'))) s(r);
--| (2,a)
--| = SELECT 1
select to_json(row(1, row(2, 'a')));
--| {"f1":1,"f2":{"f1":2,"f2":"a"}}
--| = SELECT 1
