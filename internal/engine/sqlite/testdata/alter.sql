create table parent (id int primary key, code text not null unique, kind varchar(10) default 'a');
--| = CREATE TABLE

create table child (id serial primary key, parent_id int references parent on delete set null, code text references parent (code) on update cascade, qty numeric(6,2) check (qty > 0));
--| = CREATE TABLE

insert into parent values (1, 'one'), (2, 'two', 'b'), (3, 'three', null);
--| ! 42601 VALUES lists must all be the same length

insert into child (parent_id, code, qty) values (1, 'one', 1), (2, 'two', 2.5), (null, null, 3);
--| ! 23503 insert or update on table "child" violates foreign key constraint "child_parent_id_fkey"
--| ! detail: Key (parent_id)=(1) is not present in table "parent".

-- rebuilding keeps rows, their order, and references
update parent set kind = 'z' where id = 1;
--| = UPDATE 0

select * from parent;
--| = SELECT 0

alter table parent alter column id type bigint;
--| = ALTER TABLE

alter table parent alter column kind type text, alter column kind set default 'dflt', add column extra jsonb default '{"a": 1}';
--| = ALTER TABLE

select * from parent;
--| = SELECT 0

insert into parent (id, code) values (4, 'four') returning *;
--| 4|four|dflt|{"a": 1}
--| = INSERT 0 1

insert into child (parent_id) values (99);
--| ! 23503 insert or update on table "child" violates foreign key constraint "child_parent_id_fkey"
--| ! detail: Key (parent_id)=(99) is not present in table "parent".

delete from parent where id = 1;
--| = DELETE 0

delete from child where code = 'one';
--| = DELETE 0

delete from parent where id = 1;
--| = DELETE 0

select * from child order by id;
--| = SELECT 0

update parent set code = 'zwei' where id = 2;
--| = UPDATE 0

select * from child order by id;
--| = SELECT 0

-- dropping a referenced column
alter table parent drop column code;
--| ! 2BP01 cannot drop column code of table parent because other objects depend on it
--| ! detail: constraint child_code_fkey on table child depends on column code of table parent
--| ! hint: Use DROP ... CASCADE to drop the dependent objects too.

alter table parent drop column code cascade;
--| # NOTICE: drop cascades to constraint child_code_fkey on table child
--| = ALTER TABLE

select * from parent order by id;
--| 4|dflt|{"a": 1}
--| = SELECT 1

insert into child (code) values ('nothing references any more') returning id;
--| 5
--| = INSERT 0 1

alter table child drop constraint child_parent_id_fkey;
--| = ALTER TABLE

insert into child (parent_id) values (99) returning id;
--| 6
--| = INSERT 0 1

alter table child add foreign key (parent_id) references parent (id) not valid;
--| = ALTER TABLE

insert into child (parent_id) values (98);
--| ! 23503 insert or update on table "child" violates foreign key constraint "child_parent_id_fkey"
--| ! detail: Key (parent_id)=(98) is not present in table "parent".

alter table child validate constraint child_parent_id_fkey;
--| ! 23503 insert or update on table "child" violates foreign key constraint "child_parent_id_fkey"
--| ! detail: Key (parent_id)=(99) is not present in table "parent".

delete from child where parent_id = 99;
--| = DELETE 1

alter table child validate constraint child_parent_id_fkey;
--| = ALTER TABLE

alter table parent rename to elder;
--| = ALTER TABLE

alter table elder rename column id to elder_id;
--| = ALTER TABLE

insert into child (parent_id) values (98);
--| ! 23503 insert or update on table "child" violates foreign key constraint "child_parent_id_fkey"
--| ! detail: Key (parent_id)=(98) is not present in table "elder".

insert into child (parent_id) values (2) returning parent_id;
--| ! 23503 insert or update on table "child" violates foreign key constraint "child_parent_id_fkey"
--| ! detail: Key (parent_id)=(2) is not present in table "elder".

alter table child drop constraint child_qty_check;
--| = ALTER TABLE

insert into child (qty) values (-1) returning qty;
--| -1.00
--| = INSERT 0 1

alter table child add check (qty > 0);
--| ! 23514 check constraint "child_qty_check" of relation "child" is violated by some row

alter table child add constraint positive check (qty > 0) not valid;
--| = ALTER TABLE

insert into child (qty) values (-1);
--| ! 23514 new row for relation "child" violates check constraint "positive"
--| ! detail: Failing row contains (11, null, null, -1.00).

alter table child alter column qty type int;
--| = ALTER TABLE

select id, qty from child where qty is not null order by id;
--| 10|-1
--| = SELECT 1

alter table child drop constraint positive, alter column qty type text using 'n' || qty;
--| = ALTER TABLE

select id, qty from child where qty is not null order by id;
--| 10|n-1
--| = SELECT 1

alter table child alter column code type int;
--| ! 42804 column "code" cannot be cast automatically to type integer
--| ! hint: You might need to specify "USING code::integer".

alter table child alter column code type int using 7;
--| = ALTER TABLE

select id, code from child order by id;
--| 5|7
--| 10|7
--| = SELECT 2

alter table child alter column code set not null, alter column code set default 8;
--| = ALTER TABLE

insert into child default values returning code;
--| 8
--| = INSERT 0 1

insert into child (code) values (null);
--| ! 23502 null value in column "code" of relation "child" violates not-null constraint
--| ! detail: Failing row contains (13, null, null, null).

alter table child add primary key (code);
--| ! 42P16 multiple primary keys for table "child" are not allowed

alter table child add unique (code);
--| ! 23505 could not create unique index "child_code_key"
--| ! detail: Key (code)=(7) is duplicated.

alter table child drop constraint child_pkey, add primary key (id, code);
--| = ALTER TABLE

insert into child (id, code) values (1, 1), (1, 1);
--| ! 23505 duplicate key value violates unique constraint "child_pkey"
--| ! detail: Key (id, code)=(1, 1) already exists.

-- columns added with a default of each kind
create sequence counter start 10;
--| = CREATE SEQUENCE

alter table elder add column n int default nextval('counter'), add column g text generated always as (upper(kind)) stored, add column s bigserial, add column i int generated always as identity;
--| = ALTER TABLE

select elder_id, n, g, s, i from elder order by elder_id;
--| 4|10|DFLT|1|1
--| = SELECT 1

insert into elder (elder_id, kind) values (9, 'new') returning n, g, s, i;
--| 11|NEW|2|2
--| = INSERT 0 1

insert into elder (elder_id, g) values (10, 'x');
--| ! 428C9 cannot insert a non-DEFAULT value into column "g"
--| ! detail: Column "g" is a generated column.

insert into elder (elder_id, i) values (10, 5);
--| ! 428C9 cannot insert a non-DEFAULT value into column "i"
--| ! detail: Column "i" is an identity column defined as GENERATED ALWAYS.
--| ! hint: Use OVERRIDING SYSTEM VALUE to override.

insert into elder (elder_id, i) overriding system value values (10, 5) returning i;
--| 5
--| = INSERT 0 1

update elder set kind = 'changed' where elder_id = 9 returning g;
--| CHANGED
--| = UPDATE 1

alter table elder alter column g drop expression;
--| = ALTER TABLE

update elder set g = 'free' where elder_id = 9 returning g;
--| free
--| = UPDATE 1

alter sequence counter restart with 100;
--| = ALTER SEQUENCE

select nextval('counter'), nextval('counter'), currval('counter');
--| 100|101|101
--| = SELECT 1

select setval('counter', 5), nextval('counter');
--| 5|6
--| = SELECT 1

drop sequence counter;
--| ! 2BP01 cannot drop sequence counter because other objects depend on it
--| ! detail: default value for column n of table elder depends on sequence counter
--| ! hint: Use DROP ... CASCADE to drop the dependent objects too.

alter table elder alter column n drop default;
--| = ALTER TABLE

drop sequence counter;
--| = DROP SEQUENCE

-- indexes
create table k (id int primary key, a text, b int, c citext);
--| ! 42704 type "citext" does not exist

create extension citext schema extensions;
--| = CREATE EXTENSION

create table k (id int primary key, a text, b int, c citext unique);
--| = CREATE TABLE

create unique index k_lower_a on k (lower(a));
--| = CREATE INDEX

create unique index k_b_if on k (b) where a is not null;
--| = CREATE INDEX

create index on k (b, a desc);
--| = CREATE INDEX

create index k_b_idx on k using hash (b);
--| = CREATE INDEX

create unique index k_expr on k ((b + 1)) where c = 'X';
--| = CREATE INDEX

insert into k values (1, 'Foo', 1, 'Q');
--| = INSERT 0 1

insert into k values (2, 'fOO', 2, 'R');
--| ! 23505 duplicate key value violates unique constraint "k_lower_a"
--| ! detail: Key (lower(a))=(foo) already exists.

insert into k values (2, 'bar', 1, 'R');
--| ! 23505 duplicate key value violates unique constraint "k_b_if"
--| ! detail: Key (b)=(1) already exists.

insert into k values (2, null, 1, 'R'), (3, null, 1, 'S');
--| = INSERT 0 2

insert into k values (4, 'x', 4, 'q');
--| ! 23505 duplicate key value violates unique constraint "k_c_key"
--| ! detail: Key (c)=(q) already exists.

insert into k values (5, 'y', 5, 'x'), (6, 'z', 6, null);
--| = INSERT 0 2

insert into k values (7, null, 5, 'X');
--| ! 23505 duplicate key value violates unique constraint "k_c_key"
--| ! detail: Key (c)=(X) already exists.

update k set a = 'FOO' where id = 5;
--| ! 23505 duplicate key value violates unique constraint "k_lower_a"
--| ! detail: Key (lower(a))=(foo) already exists.

create unique index k_dup on k (b);
--| ! 23505 could not create unique index "k_dup"
--| ! detail: Key (b)=(1) is duplicated.

create unique index k_dup on k (b) nulls not distinct;
--| ! 23505 could not create unique index "k_dup"
--| ! detail: Key (b)=(1) is duplicated.

create table nn (a int, b int, unique nulls not distinct (a, b));
--| = CREATE TABLE

insert into nn values (1, null);
--| = INSERT 0 1

insert into nn values (1, null);
--| ! 23505 duplicate key value violates unique constraint "nn_a_b_key"
--| ! detail: Key (a, b)=(1, null) already exists.

drop index k_lower_a;
--| = DROP INDEX

update k set a = 'FOO' where id = 5 returning a;
--| FOO
--| = UPDATE 1

alter index k_b_if rename to k_b_renamed;
--| = ALTER INDEX

insert into k values (20, 'u', 4, 'u'), (21, 'v', 4, 'v');
--| ! 23505 duplicate key value violates unique constraint "k_b_renamed"
--| ! detail: Key (b)=(4) already exists.

insert into k values (20, 'u', 40, 'u'), (21, 'v', 40, 'v');
--| ! 23505 duplicate key value violates unique constraint "k_b_renamed"
--| ! detail: Key (b)=(40) already exists.

reindex table k;
--| = REINDEX

vacuum k;
--| = VACUUM
