-- The trigger function of the extension moddatetime: its argument is the column that gets the time of the change.
-- stands in for moddatetime
-- embedded only

create or replace function extensions.moddatetime() returns trigger language plpgsql as $$
begin
  if tg_nargs <> 1 then
    raise exception 'moddatetime (%): only one argument is allowed', tg_table_name using errcode = '39P01';
  end if;
  return jsonb_populate_record(new, jsonb_build_object(tg_argv[0], now()));
end
$$;
