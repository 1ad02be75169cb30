-- SQLite has no NaN: it is refused where it would be stored. Minus zero loses its sign.
create table f (a float8 not null, b real);
--| = CREATE TABLE

insert into f values ('NaN', 1);
--| ! 0A000 NaN as a value of type real or double precision is not supported by the sqlite engine
--| ! hint: Use numeric, which has it, or NULL.

insert into f values ('infinity', '-infinity'), (1e300, 1.1), (-0.0, 0);
--| = INSERT 0 3

select * from f;
--| Infinity|-Infinity
--| 1e+300|1.1
--| 0|0
--| = SELECT 3
