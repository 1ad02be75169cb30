create type mood as enum ('sad', 'ok', 'happy');
--| = CREATE TYPE

create table p (id int primary key, m mood not null default 'ok');
--| = CREATE TABLE

create index on p (m);
--| = CREATE INDEX

insert into p values (1, 'happy'), (2, 'sad'), (3, default);
--| = INSERT 0 3

select * from p order by m, id;
--| 2|sad
--| 3|ok
--| 1|happy
--| = SELECT 3

select * from p where m > 'sad' order by id;
--| 1|happy
--| 3|ok
--| = SELECT 2

insert into p values (4, 'bored');
--| ! 22P02 invalid input value for enum mood: "bored"

alter type mood add value 'fine' before 'happy';
--| = ALTER TYPE

insert into p values (4, 'fine');
--| = INSERT 0 1

select * from p order by m;
--| 2|sad
--| 3|ok
--| 4|fine
--| 1|happy
--| = SELECT 4

alter type mood rename value 'sad' to 'blue';
--| = ALTER TYPE

select * from p order by m;
--| 2|blue
--| 3|ok
--| 4|fine
--| 1|happy
--| = SELECT 4

drop type mood;
--| ! 2BP01 cannot drop type mood because other objects depend on it
--| ! detail: column m of table p depends on type mood
--| ! hint: Use DROP ... CASCADE to drop the dependent objects too.

create domain positive as int check (value > 0);
--| = CREATE DOMAIN

create table q (n positive);
--| = CREATE TABLE

insert into q values (0);
--| ! 23514 value for domain positive violates check constraint "positive_check"

insert into q values (3) returning n;
--| 3
--| = INSERT 0 1
