create table ab (id int, a int[], j jsonb[]);
--| = CREATE TABLE
insert into ab (id, a[3:4]) values (1, '{5,6}') returning a, a[3], a[4], array_lower(a, 1), array_upper(a, 1);
--| {NULL,NULL,5,6}|5|6|1|4
--| = INSERT 0 1
insert into ab (id, a[3]) values (2, 5) returning a, a[3];
--| {NULL,NULL,5}|5
--| = INSERT 0 1
update ab set a[0] = 5;
--| ! 0A000 an array with a lower bound other than 1 is not supported by the sqlite engine
--| ! hint: Assign from the first element on, or use the postgres engine.
update ab set a[-1:2] = '{1,2,3,4}';
--| ! 0A000 an array with a lower bound other than 1 is not supported by the sqlite engine
--| ! hint: Assign from the first element on, or use the postgres engine.
update ab set a[-2147483648] = 1;
--| ! 54000 array size exceeds the maximum allowed (10000000)
update ab set a[-2147483648:2147483647] = '{1,2}';
--| ! 54000 array size exceeds the maximum allowed (10000000)
update ab set a[2147483647] = 1;
--| ! 54000 array size exceeds the maximum allowed (10000000)
update ab set a = null;
--| = UPDATE 2
update ab set a[0:1] = '{1,2}';
--| ! 0A000 an array with a lower bound other than 1 is not supported by the sqlite engine
--| ! hint: Assign from the first element on, or use the postgres engine.
update ab set a[0:1] = '{1}';
--| ! 2202E source array too small
update ab set a[1:2][2:2] = '{1,2}';
--| ! 0A000 an array with a lower bound other than 1 is not supported by the sqlite engine
--| ! hint: Assign from the first element on, or use the postgres engine.
update ab set a[2][2] = 1;
--| ! 0A000 an array with a lower bound other than 1 is not supported by the sqlite engine
--| ! hint: Assign from the first element on, or use the postgres engine.
update ab set a[1:3163][1:3163] = '{1}';
--| ! 54000 array size exceeds the maximum allowed (10000000)
update ab set a[1:1][1:3163] = '{1}';
--| ! 2202E source array too small
update ab set a[1:65536][1:65536] = '{1}';
--| ! 54000 array size exceeds the maximum allowed (10000000)
update ab set a[1:65536][1:65536][1:65536][1:65536] = '{1}';
--| ! 54000 array size exceeds the maximum allowed (10000000)
update ab set a[1:1][1:-1] = '{5}';
--| ! 54000 array size exceeds the maximum allowed (10000000)
update ab set j[1][1] = '5';
--| ! 0A000 arrays of jsonb with several dimensions are not supported
--| ! hint: Use a JSON array.
update ab set j[1:1][1:1] = array['5'::jsonb];
--| ! 0A000 arrays of jsonb with several dimensions are not supported
--| ! hint: Use a JSON array.
update ab set j[1:2] = array['[1]'::jsonb, '5'] returning j;
--| {[1],5}
--| {[1],5}
--| = UPDATE 2
select array_fill(repeat('x', 1000000), array[60000000]);
--| ! 54000 array size exceeds the maximum allowed (1073741824)
drop table ab;
--| = DROP TABLE
