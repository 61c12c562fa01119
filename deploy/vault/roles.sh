#!/bin/sh
# Run once, when the database is made: one role that owns the vault, and one that uses it.
set -eu
psql -v ON_ERROR_STOP=1 -v owner_password="$OWNER_PASSWORD" -v application_password="$APPLICATION_PASSWORD" -U postgres <<'SQL'
CREATE ROLE vault_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE vault_application LOGIN PASSWORD :'application_password';
CREATE DATABASE vault OWNER vault_owner;
SQL
