insert into public.todos (task, done) values
  ('Read what mainstay dev has printed', true),
  ('Call the API with curl', false),
  ('Change a migration, or add one, and watch it being applied', false);
