-- Jobs on a schedule, as pg_cron describes them. Where the extension is installed it is what is used, and nothing here replaces a part of it.

-- stands in for pg_cron

create schema if not exists cron;

create sequence if not exists cron.jobid_seq;
create sequence if not exists cron.runid_seq;

create table if not exists cron.job (
  jobid bigint default nextval('cron.jobid_seq') primary key,
  schedule text not null,
  command text not null,
  nodename text default 'localhost' not null,
  nodeport integer default 5432 not null,
  database text default current_database() not null,
  username text default current_user not null,
  active boolean default true not null,
  jobname text,
  constraint jobname_username_uniq unique (jobname, username)
);

create table if not exists cron.job_run_details (
  jobid bigint,
  runid bigint default nextval('cron.runid_seq') primary key,
  job_pid integer,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);

-- optional
alter table cron.job enable row level security;
-- optional
alter table cron.job_run_details enable row level security;
-- optional
create policy cron_job_policy on cron.job using (username = current_user);
-- optional
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);

-- Whether a schedule can be followed: five fields of crontab(5), "@daily" and its kin, or "n seconds" with 1 to 59.
create function cron.mainstay_valid(schedule text) returns boolean language plpgsql immutable as $$
declare
  fields text[] := regexp_split_to_array(btrim(lower(schedule)), '\s+');
  least_of int[] := array[0, 0, 1, 1, 0];
  most_of int[] := array[59, 23, 31, 12, 7];
  names text[] := array['', '', '', 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec', 'sun|mon|tue|wed|thu|fri|sat'];
  part text;
  found text[];
  one text;
begin
  if btrim(lower(schedule)) ~ '^[1-5]?[0-9]\s+seconds?$' then
    return btrim(schedule) !~ '^0+\s';
  end if;
  if lower(schedule) in ('@reboot', '@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly') then
    return true;
  end if;
  if schedule is null or array_length(fields, 1) <> 5 then
    return false;
  end if;
  for i in 1 .. 5 loop
    foreach part in array string_to_array(fields[i], ',') loop
      found := regexp_match(part, '^(?:(\*)|(\$)|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:/([0-9]{1,2}))?$');
      if found is null or found[2] is not null and (i <> 3 or found[5] is not null) or found[5]::int = 0 then
        return false;
      end if;
      for at in 3 .. 4 loop
        one := found[at];
        continue when one is null;
        if one ~ '^[0-9]{1,2}$' then
          if one::int < least_of[i] or one::int > most_of[i] then
            return false;
          end if;
        elsif names[i] = '' or one !~ ('^(' || names[i] || ')$') then
          return false;
        end if;
      end loop;
      if found[3] ~ '^[0-9]+$' and found[4] ~ '^[0-9]+$' and found[3]::int > found[4]::int then
        return false;
      end if;
    end loop;
  end loop;
  return true;
end
$$;

create function cron.mainstay_check(schedule text) returns void language plpgsql immutable as $$
begin
  if not cron.mainstay_valid(schedule) then
    raise exception 'invalid schedule: %', schedule using errcode = '22023', hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
  end if;
end
$$;

create function cron.schedule(schedule text, command text) returns bigint language plpgsql as $$
declare
  id bigint;
begin
  perform cron.mainstay_check(schedule);
  insert into cron.job (schedule, command) values ($1, $2) returning jobid into id;
  return id;
end
$$;

create function cron.schedule_in_database(job_name text, schedule text, command text, database text, username text default null, active boolean default true) returns bigint language plpgsql as $$
declare
  id bigint;
begin
  if job_name is null then
    raise exception 'job_name can not be NULL' using errcode = '22004';
  end if;
  perform cron.mainstay_check(schedule);
  insert into cron.job as j (jobname, schedule, command, database, username, active) values ($1, $2, $3, $4, coalesce($5, current_user), $6)
  on conflict on constraint jobname_username_uniq do update set schedule = excluded.schedule, command = excluded.command, database = excluded.database, active = excluded.active
  returning j.jobid into id;
  return id;
end
$$;

create function cron.schedule(job_name text, schedule text, command text) returns bigint language sql as $$
  select cron.schedule_in_database($1, $2, $3, current_database()::text)
$$;

create function cron.alter_job(job_id bigint, schedule text default null, command text default null, database text default null, username text default null, active boolean default null) returns void language plpgsql as $$
begin
  if schedule is not null then
    perform cron.mainstay_check(schedule);
  end if;
  update cron.job j set schedule = coalesce($2, j.schedule), command = coalesce($3, j.command), database = coalesce($4, j.database), username = coalesce($5, j.username), active = coalesce($6, j.active)
  where j.jobid = job_id;
  if not found then
    raise exception 'Job % does not exist or you don''t own it', job_id using errcode = '42501';
  end if;
end
$$;

create function cron.unschedule(job_id bigint) returns boolean language plpgsql as $$
begin
  delete from cron.job j where j.jobid = job_id;
  if not found then
    raise exception 'could not find valid entry for job ''%''', job_id using errcode = 'XX000';
  end if;
  return true;
end
$$;

create function cron.unschedule(job_name text) returns boolean language plpgsql as $$
begin
  delete from cron.job j where j.jobname = job_name and j.username = current_user;
  if not found then
    raise exception 'could not find valid entry for job ''%''', job_name using errcode = 'XX000';
  end if;
  return true;
end
$$;
