-- Elements of array columns are assigned.
create domain few as int[] check (cardinality(value) < 4);
--| = CREATE DOMAIN
create table t (id int primary key, a int[], b varchar(3)[], d few, m int[][], j jsonb);
--| = CREATE TABLE
insert into t values (1, '{1,2,3}', '{x}', '{1}', '{{1,2},{3,4}}', '{}'), (2, null, null, null, null, null);
--| = INSERT 0 2
update t set a[2] = 20, b[1] = 'abc' where id = 1 returning id, a, b;
--| 1|{1,20,3}|{abc}
--| = UPDATE 1
update t set a[1] = a[3] + 1, a[5] = 7 where id = 1 returning a;
--| {4,20,3,NULL,7}
--| = UPDATE 1
update t set a[1] = 9 where id = 2 returning a, b;
--| {9}|\N
--| = UPDATE 1
update t set b[1] = 'abcd' where id = 1;
--| ! 22001 value too long for type character varying(3)
update t set a[null] = 1;
--| ! 22004 array subscript in assignment must not be null
update t set a['x'] = 1;
--| ! 22P02 invalid input syntax for type integer: "x"
update t set a[1] = 'x';
--| ! 22P02 invalid input syntax for type integer: "x"
update t set a[1] = now();
--| ! 42804 subscripted assignment to "a" requires type integer but expression is of type timestamp with time zone
--| ! hint: You will need to rewrite or cast the expression.
update t set a[1] = null where id = 1 returning a;
--| {NULL,20,3,NULL,7}
--| = UPDATE 1
update t set d[2] = 5 where id = 1 returning d;
--| {1,5}
--| = UPDATE 1
update t set d[4] = 5 where id = 1;
--| ! 23514 value for domain few violates check constraint "few_check"
update t set m[1] = 5 where id = 1;
--| ! 2202E wrong number of array subscripts
update t set a[1] = default;
--| ! 0A000 cannot set an array element to DEFAULT
update t set a[0 + id] = id * 2 from (values (1)) v(x) where x = id returning a;
--| {2,20,3,NULL,7}
--| = UPDATE 1
update t set a[1] = 1, a = '{}';
--| ! 42601 multiple assignments to same column "a"
update t set id[1] = 1;
--| ! 42804 cannot subscript type integer because it does not support subscripting
insert into t (id, a) values (1, '{4}') on conflict (id) do update set a[2] = excluded.a[1] returning a;
--| {2,4,3,NULL,7}
--| = INSERT 0 1
merge into t using (values (1)) v(x) on x = id when matched then update set a[3] = 33;
--| = MERGE 1
select a, b, d from t order by id;
--| {2,4,33,NULL,7}|{abc}|{1,5}
--| {9}|\N|\N
--| = SELECT 2
create function up() returns trigger language plpgsql as $$ begin new.a[1] := 100; return new; end $$;
--| = CREATE FUNCTION
create trigger up before update on t for each row execute function up();
--| = CREATE TRIGGER
update t set a[2] = -1 where id = 1 returning a;
--| {100,-1,33,NULL,7}
--| = UPDATE 1
