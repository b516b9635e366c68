# Makes one back end's database where it is missing, and then logs in to it as the back end will.
set -eu
psql --no-psqlrc --quiet --file "$(dirname "$0")/back_end_database.sql"
if ! PGPASSWORD="$LOGIN_PASSWORD" psql --no-psqlrc --quiet --username "$DATABASE_LOGIN" --dbname "$DATABASE_NAME" \
    --output /dev/null --command "select 1"; then
    echo "$DATABASE_LOGIN cannot log in to $DATABASE_NAME. Was its password changed, and passwordVersion left at" \
        "$PASSWORD_VERSION? A new password goes with the next version (docs/databases.md)." >&2
    exit 1
fi
