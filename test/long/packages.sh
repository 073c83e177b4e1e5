#!/bin/bash
# The ways to install driplo, each from the beginning in a clean tree of this machine's Debian: the package that debian/
# builds, tested by autopkgtest, and removed; the archive of make dist, as PGXN's client installs it; the images of the
# Containerfile, run with the variables of compose.yaml (whose networks, and PostgREST, are not tried). Needs root; the
# clean tree is made once by mmdebstrap and kept in DRIPLO_PACKAGES (/var/tmp/driplo-packages).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/tree.bash

[ "$(id -u)" -eq 0 ] || { ok 0 "packages # SKIP needs root" && done_testing; }
places=${DRIPLO_PACKAGES:-/var/tmp/driplo-packages}
mkdir -p "$places" && work=$(mktemp -d "$places/work.XXXXXX")
trap 'stop_all; rm -rf --one-file-system "$work"' EXIT
server='' replica='' pooler=''
stop_all() { [ -z "$pooler" ] || { end "$server"; end "$replica"; end_pooler 2>/dev/null; }; }
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" driplo.control)
major=$(sh .ci/server major)
log=$work/log

# did STATUS NAME: ok, with what the last command said when it failed
did() { ok "$1" "$2"; [ "$1" -eq 0 ] || tail -n 30 "$log" | cut -c -300 | sed 's/^/#   /'; }
# mounted TREE COMMAND...: with what a system has mounted, which nobody else sees
mounted() {
    unshare --mount bash -c 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount -t tmpfs tmpfs "$0/dev/shm" && exec "$@"' "$@"
}
inside() { # TREE COMMAND: in the tree, as root
    mounted "$work/$1" chroot "$work/$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        sh -c "$2" >"$log" 2>&1 </dev/null
}
apt="apt-get -y -qq --no-install-recommends"

base=$places/$codename.tar
if [ ! -e "$base" ]; then
    mmdebstrap --mode=root --variant=minbase \
        --customize-hook='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d" && chmod 755 "$1/usr/sbin/policy-rc.d"' \
        "$codename" "$base.new.tar" "deb http://deb.debian.org/debian $codename main" \
        "deb http://deb.debian.org/debian-security $codename-security main" >"$log" 2>&1 && mv "$base.new.tar" "$base"
    did $? "mmdebstrap makes a clean $codename"
fi
unpack() { mkdir -p "$1" && tar -C "$1" -xf "$base" --exclude='./dev/*'; }
for tree in build clean; do unpack "$work/$tree" && inside $tree "apt-get update -qq"; done
did $? "two clean trees are unpacked"

# The package.
source=driplo-$version
copy_tree "$work/build/src/$source" &&
    inside build "$apt install build-essential fakeroot && cd /src/$source && $apt build-dep ."
did $? "what debian/control names is installed"
inside build "cd /src && tar -cJf driplo_$version.orig.tar.xz --exclude=$source/debian $source && cd $source &&
    dpkg-buildpackage -us -uc -j$(nproc)"
did $? "dpkg-buildpackage builds source and package"
is "$(grep -E '^[^ ]+: (warning|error): ' "$log" | head)" "" "the compiler has no warning with Debian's options"
lintian --allow-root --fail-on error "$work"/build/src/*.changes >"$log" 2>&1
did $? "lintian has no error"
deb=$(echo "$work/build/src/postgresql-$major-driplo_$version"-*.deb)

inside clean "$apt install postgresql-$major"
did $? "the server is installed in the other tree"
files() { (cd "$work/clean" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./tmp -o -path ./var/cache -o -path ./var/log -o -path ./var/lib/dpkg -o -path ./var/lib/apt -o -name "$(basename "$deb")" \) -prune -o -print | LC_ALL=C sort); }
files >"$work/before"
cp "$deb" "$work/clean/" && inside clean "$apt install /$(basename "$deb")"
did $? "the package is installed"
files | comm -13 "$work/before" - | grep -vE '/share/doc/|^\./usr/share/doc' >"$work/added"
is "$(grep -E '\.(so|control|sql)$' "$work/added" | xargs -n 1 basename | xargs)" "driplo.so driplo--$version.sql driplo.control" "with the library, the script and the control file"
inside clean "$apt purge postgresql-$major-driplo"
did $? "and removed"
files >"$work/after"
same_file "$work/after" "$work/before" "which leaves nothing behind"
copy_tree "$work/source" && rm -f "$work/clean/$(basename "$deb")" &&
    mounted "$work/clean" autopkgtest --no-built-binaries "$deb" "$work/source/" -- chroot "$work/clean" >"$log" 2>&1
did $? "autopkgtest: $(sed -nE 's/^(sale|installcheck) +(PASS|FAIL).*/\1 \2/p' "$log" | sort -u | paste -sd, | sed 's/,/, /g')"

# The archive, in the tree that has no driplo any more.
archive=$(cd "$work/source" && git init -q && git add -A && git -c user.name=test -c user.email=test@example.org -c commit.gpgsign=false commit -q -m "A release" && make -s dist)
is "$archive" "build/driplo-$version.0.zip" "make dist makes the archive"
cp "$work/source/$archive" "$work/clean/driplo.zip"
inside clean "$apt purge postgresql-$major-driplo && $apt install g++ make libfmt-dev postgresql-server-dev-$major pgxnclient && MAKEFLAGS=-j$(nproc) pgxn install /driplo.zip"
did $? "pgxn install builds and installs it"
inside clean "su postgres -c \"pg_virtualenv -v $major -i --locale=C.UTF-8 -i --encoding=UTF8 psql -X -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION driplo CASCADE' -c 'SELECT 1 / (count(*) = 0)::int FROM installation_report() WHERE NOT ok'\""
did $? "and what it installed is whole"

# The images, in a storage of their own.
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$work/images" "$work/run" >"$work/storage.conf"
export CONTAINERS_STORAGE_CONF=$work/storage.conf BUILDAH_ISOLATION=chroot
container=$(buildah from scratch) && unpack "$(buildah mount "$container")" && buildah commit -q "$container" localhost/base >"$log" 2>&1 && buildah rm "$container" >>"$log"
did $? "the clean tree is an image"
build() { buildah build --format docker --build-arg BASE=localhost/base --build-arg MAJOR="$major" "$@" "$work/source" >"$log" 2>&1; }
build -t localhost/driplo
did $? "the image of the server is built"
build -t localhost/driplo-pooler --target pooler
did $? "and that of the pooler"

export PGPASSWORD=of-authenticator
port=$((20000 + ($$ % 20000)))
server=$(buildah from localhost/driplo) replica=$(buildah from localhost/driplo) pooler=$(buildah from localhost/driplo-pooler)
serve() { # NAME CONTAINER COMMAND VARIABLE...
    local variables=()
    for variable in "${@:4}"; do variables+=(--env "$variable"); done
    buildah run "${variables[@]}" "$2" -- "$3" >"$work/$1.log" 2>&1 &
}
# healthy CONTAINER PORT: its image's health check, for two minutes at most
healthy() {
    local check=()
    mapfile -t check < <(buildah inspect --format '{{range .Docker.Config.Healthcheck.Test}}{{println .}}{{end}}' "$1" | sed '1d; /^$/d')
    for _ in $(seq 120); do
        sleep 1
        buildah run --env PGPORT="$2" "$1" -- "${check[@]}" >"$log" 2>&1 && return
    done
    false
}
ask() { buildah run --env PGPORT="$1" "$server" -- psql -X -q -At -d shop -c "$2" 2>&1; }
request() { psql -X -q -At -h 127.0.0.1 -p $((port + 2)) -U authenticator -d "$1" -c "$2" 2>&1; }
end_pooler() { kill "$(cat "$(buildah mount "$pooler")/tmp/pgbouncer.pid")"; }
end() { buildah run "$1" -- pg_ctl -D /var/lib/postgresql/data/main -m fast -w stop >"$log" 2>&1; }

serve server "$server" start PGPORT=$port POSTGRES_PASSWORD=of-postgres AUTHENTICATOR_PASSWORD=$PGPASSWORD REPLICATION_PASSWORD=of-replicator
healthy "$server" $port
did $? "the server is healthy"
serve replica "$replica" start PGPORT=$((port + 1)) "PRIMARY=host=127.0.0.1 port=$port" REPLICATION_PASSWORD=of-replicator
healthy "$replica" $((port + 1))
did $? "its replica too"
serve pooler "$pooler" pooler PORT=$((port + 2)) "SERVER=host=127.0.0.1 port=$port" "REPLICA=host=127.0.0.1 port=$((port + 1))" AUTHENTICATOR_PASSWORD=$PGPASSWORD
sleep 3
is "$(ask $port "SELECT * FROM installation_report() WHERE NOT ok" && ask $port "SELECT * FROM security_advisor()")" "" "nothing is missing there, and nothing open that should not be"
is "$(ask $port "SHOW driplo.require_local_claims")" on "claims are taken only where they are local"
ask $port "INSERT INTO auth.users (id, email) VALUES ('11111111-1111-4111-8111-111111111111', 'ada@example.com')" >"$log"
mine="BEGIN; SET LOCAL ROLE authenticated; SELECT set_config('request.jwt.claims', '{\"sub\": \"11111111-1111-4111-8111-111111111111\"}', true) \\gset ignored_
SELECT username FROM my_profile(); COMMIT"
is "$(psql -X -q -At -h 127.0.0.1 -p $((port + 2)) -U authenticator -d shop -f - <<<"$mine;" 2>&1)" ada "a request through the pooler is answered"
for _ in $(seq 20); do [ "$(request shop_reads "SELECT pg_is_in_recovery()")" != t ] && sleep 1 || break; done
is "$(psql -X -q -At -h 127.0.0.1 -p $((port + 2)) -U authenticator -d shop_reads -f - <<<"$mine;" 2>&1), $(request shop_reads "SELECT pg_is_in_recovery()")" "ada, t" "one that reads by the replica"
is "$(PGPASSWORD=wrong request shop "SELECT 1" | grep -c 'authentication failed')" 1 "a wrong password is refused"
for _ in $(seq 130); do
    [ "$(ask $port "SELECT count(*) > 0 FROM cron.job_run_details WHERE status = 'succeeded'")" = t ] && break
    sleep 1
done
is "$(ask $port "SELECT bool_or(status = 'succeeded'), bool_or(status = 'failed') FROM cron.job_run_details"), $(ask $port "SELECT bool_and(failures = 0) FROM job_status() WHERE enabled")" "t|f, t" "pg_cron runs the jobs"
end "$server" && serve again "$server" start PGPORT=$port && healthy "$server" $port
did $? "the server is stopped, and starts again without passwords"
is "$(ask $port "SELECT username FROM profiles")" ada "with its rows"
end "$server" && end "$replica"
did $? "both end"
end_pooler
pooler=

if command -v docker-compose >/dev/null; then
    POSTGRES_PASSWORD=a AUTHENTICATOR_PASSWORD=b REPLICATION_PASSWORD=c JWT_SECRET=d docker-compose -f compose.yaml config -q >"$log" 2>&1
    did $? "compose.yaml is what docker-compose wants"
    docker-compose -f compose.yaml config -q >"$log" 2>&1
    is "$? $(grep -c POSTGRES_PASSWORD "$log")" "1 1" "and without a password it says so"
else
    ok 0 "compose.yaml # SKIP docker-compose is not here"
fi
done_testing
