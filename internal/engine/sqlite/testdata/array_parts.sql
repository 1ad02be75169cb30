create table ap (id int, a int[], m int[], j jsonb[]);
--| = CREATE TABLE
insert into ap values (1, '{1,2,3}', '{{1,2},{3,4}}', null);
--| = INSERT 0 1
begin; update ap set a[2:5] = '{5,6,7,8}' returning a; rollback;
--| = BEGIN
--| {1,5,6,7,8}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set a[6:7] = '{5,6}' returning a; rollback;
--| = BEGIN
--| {1,2,3,NULL,NULL,5,6}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set a[4:4] = '{5}' returning a; rollback;
--| = BEGIN
--| {1,2,3,5}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set a[:2] = '{5,6}' returning a; rollback;
--| = BEGIN
--| {5,6,3}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set a[2:] = '{5,6}' returning a; rollback;
--| = BEGIN
--| {1,5,6}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set a[:] = '{5,6,7,8}' returning a; rollback;
--| = BEGIN
--| {5,6,7}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set a[1:2] = '{7,8,9,10}' returning a; rollback;
--| = BEGIN
--| {7,8,3}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set a[1:2] = '{{7,8},{9,10}}' returning a; rollback;
--| = BEGIN
--| {7,8,3}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set a[1:1] = null returning a; rollback;
--| = BEGIN
--| {1,2,3}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set a[1] = null, a[6] = 5 returning a; rollback;
--| = BEGIN
--| {NULL,2,3,NULL,NULL,5}
--| = UPDATE 1
--| = ROLLBACK
update ap set a[1:3] = '{5}';
--| ! 2202E source array too small
update ap set a[1:2] = '{}';
--| ! 2202E source array too small
update ap set a[0:1] = '{5}';
--| ! 2202E source array too small
update ap set a[1:0] = '{5}';
--| ! 2202E upper bound cannot be less than lower bound
update ap set a[5:3] = '{5}';
--| ! 2202E upper bound cannot be less than lower bound
update ap set a[-2:-3] = '{5}';
--| ! 2202E upper bound cannot be less than lower bound
update ap set a[1][1] = 5;
--| ! 2202E wrong number of array subscripts
update ap set a[1:1][1:1] = '{5}';
--| ! 2202E wrong number of array subscripts
begin; update ap set m[1:2][2:2] = '{7,8}' returning m; rollback;
--| = BEGIN
--| {{1,7},{3,8}}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set m[2:2] = '{7,8}' returning m; rollback;
--| = BEGIN
--| {{1,2},{7,8}}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set m[:] = '{5,6,7,8}' returning m; rollback;
--| = BEGIN
--| {{5,6},{7,8}}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set m[2][2] = 5, m[1:1] = '{9,9}' returning m; rollback;
--| = BEGIN
--| {{9,9},{3,5}}
--| = UPDATE 1
--| = ROLLBACK
update ap set m[2:3] = '{7,8,9,10}';
--| ! 2202E array subscript out of range
update ap set m[0:1] = '{7,8,9,10}';
--| ! 2202E array subscript out of range
update ap set m[1:2][1:0] = '{7,8,9,10}';
--| ! 2202E upper bound cannot be less than lower bound
update ap set m[1:2][0:1] = '{7,8,9,10}';
--| ! 2202E array subscript out of range
update ap set m[1:2][-1:-2] = '{7,8,9,10}';
--| ! 2202E upper bound cannot be less than lower bound
update ap set m[1] = 5;
--| ! 2202E wrong number of array subscripts
update ap set m[3][1] = 5;
--| ! 2202E array subscript out of range
update ap set m[0][1] = 5;
--| ! 2202E array subscript out of range
update ap set m[1:2] = '{1,2,3}';
--| ! 2202E source array too small
update ap set m[1:1][1:1][1:1] = '{5}';
--| ! 2202E wrong number of array subscripts
update ap set a[1:65536][1:65536][1:65536][1:65536] = '{1}';
--| ! 2202E wrong number of array subscripts
update ap set a = null, m = '{}';
--| = UPDATE 1
begin; update ap set a[1:0] = '{5}', m[5:4] = '{5}' returning a, m; rollback;
--| = BEGIN
--| {}|{}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set a[1:0][1:2] = '{5}', m[1:2][1:0] = '{5}' returning a, m; rollback;
--| = BEGIN
--| {}|{}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set a[1:1] = null, m[1:1] = null returning a, m; rollback;
--| = BEGIN
--| {}|{}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set a[1:2] = '{5,6,7}', m[1:2][1:2] = '{1,2,3,4,5}' returning a, m; rollback;
--| = BEGIN
--| {5,6}|{{1,2},{3,4}}
--| = UPDATE 1
--| = ROLLBACK
begin; update ap set a[1] = null, m[1][1] = 3 returning a, m; rollback;
--| = BEGIN
--| {NULL}|{{3}}
--| = UPDATE 1
--| = ROLLBACK
update ap set a[:2] = '{5,6}';
--| ! 2202E array slice subscript must provide both boundaries
--| ! detail: When assigning to a slice of an empty array value, slice boundaries must be fully specified.
update ap set m[1:] = '{5,6}';
--| ! 2202E array slice subscript must provide both boundaries
--| ! detail: When assigning to a slice of an empty array value, slice boundaries must be fully specified.
update ap set a[1:3] = '{5}';
--| ! 2202E source array too small
insert into ap (id, a[1:2], m[1:1][1:1]) values (2, '{5,6}', '{7}') returning a, m;
--| {5,6}|{{7}}
--| = INSERT 0 1
insert into ap (id, a[1:0]) values (3, '{5,6}') returning a;
--| {}
--| = INSERT 0 1
select ('{1,2,3}'::int[])[0:1], ('{1,2,3}'::int[])[-5:2], ('{1,2,3}'::int[])[3:9], ('{1,2,3}'::int[])[5:6], ('{1,2,3}'::int[])[-1:0], ('{1,2,3}'::int[])[2:1], ('{1,2,3}'::int[])[0], ('{1,2,3}'::int[])[4];
--| {1}|{1,2}|{3}|{}|{}|{}|\N|\N
--| = SELECT 1
select ('{1,2,3}'::int[])[-2147483648:2147483647], ('{1,2,3}'::int[])[2147483647:-2147483648], ('{1,2,3}'::int[])[2147483647], ('{{1,2},{3,4}}'::int[])[-2147483648:2147483647][2:2147483647];
--| {1,2,3}|{}|\N|{{2},{4}}
--| = SELECT 1
select '[2147483646:2147483647]={1,2}'::int[];
--| ! 54000 array lower bound is too large: 2147483646
select '[-2147483648:2147483647]={1,2}'::int[];
--| ! 22P02 malformed array literal: "[-2147483648:2147483647]={1,2}"
--| ! detail: Specified array dimensions do not match array contents.
select '[1:65536][1:65536][1:65536][1:65536]={1}'::int[];
--| ! 22P02 malformed array literal: "[1:65536][1:65536][1:65536][1:65536]={1}"
--| ! detail: Specified array dimensions do not match array contents.
select '[-9223372036854775808:9223372036854775807]={1,2}'::int[];
--| ! 2202E upper bound cannot be less than lower bound
select '[1:0]={}'::int[];
--| ! 2202E upper bound cannot be less than lower bound
select array_fill(1, array[65536,65536,65536,65536]);
--| ! 54000 array size exceeds the maximum allowed (134217727)
select array_fill(1, array[65536,65536,0]);
--| ! 54000 array size exceeds the maximum allowed (134217727)
select array_fill(1, array[2], array[2147483646]);
--| ! 54000 array lower bound is too large: 2147483646
drop table ap;
--| = DROP TABLE
