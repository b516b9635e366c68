-- One back end's database: an owner that nobody logs in as, and two logins that take turns with every new password.
-- Every statement is made only where its effect is missing, so a second run changes nothing.
-- Run by psql 15 or newer (\getenv), as a user who may create roles and databases, but need not be a superuser.
\set ON_ERROR_STOP on
\getenv database DATABASE_NAME
\getenv login DATABASE_LOGIN
\getenv verifier DATABASE_VERIFIER
\getenv version PASSWORD_VERSION
select :'database' || '_a' as first_login, :'database' || '_b' as second_login \gset

-- The owner. The administrator has to belong to it to make its database.
select format('create role %I nologin', :'database')
where not exists (select from pg_roles where rolname = :'database') \gexec
select format('grant %I to current_user', :'database')
where not pg_has_role(current_user, :'database', 'usage') \gexec

-- The logins. Each has what the owner has, and whatever it makes belongs to the owner, so the other may use it too.
select format('create role %I nologin', login)
from unnest(array[:'first_login', :'second_login']) as login
where not exists (select from pg_roles where rolname = login) \gexec
select format('grant %I to %I', :'database', login)
from unnest(array[:'first_login', :'second_login']) as login
where not pg_has_role(login, :'database', 'usage') \gexec
select format('alter role %I set role = %L', login, :'database')
from unnest(array[:'first_login', :'second_login']) as login
where not exists (
    select from pg_db_role_setting
    join pg_roles on pg_roles.oid = setrole
    where rolname = login and setdatabase = 0 and 'role=' || :'database' = any (setconfig)
) \gexec

-- The database, closed to all others. PostgreSQL lets anybody in unless told otherwise.
-- https://www.postgresql.org/docs/current/ddl-priv.html
select format('create database %I owner %I', :'database', :'database')
where not exists (select from pg_database where datname = :'database') \gexec
select format('revoke all on database %I from public', :'database')
where has_database_privilege('public', :'database', 'connect') \gexec

-- The password of the login whose turn it is, as a hash: no log ever has the password. The other login keeps its own.
begin;
select format('alter role %I login password %L', :'login', :'verifier'),
       format('comment on role %I is %L', :'login', 'password version ' || :'version')
from pg_roles
where rolname = :'login'
  and shobj_description(oid, 'pg_authid') is distinct from 'password version ' || :'version' \gexec
commit;
