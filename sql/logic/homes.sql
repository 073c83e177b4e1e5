-- What is on tables of the home, plain PostgreSQL or Supabase; functions of their own, because a restore
-- into a home that is already there needs them without the rest.
PERFORM private.install_auth_triggers();
PERFORM private.install_storage();
