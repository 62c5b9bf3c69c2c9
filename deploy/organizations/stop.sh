#!/bin/sh
# Stops port-iam in its accounts, or lets it work again:
#
#   stop.sh stop ACCOUNT...     nobody acts as the daemon or as a grant any more
#   stop.sh start ACCOUNT...    undoes that
#
# Call it with credentials that may assume ADMIN_ROLE in HUB_ACCOUNT and in each ACCOUNT:
# those of an administrator of the management account, as a rule. It denies everything to
# the daemon's own role, then in each account to ACCOUNT_ROLE and, by a new version of the
# boundary, to all grants. Where something fails it names it, goes on, and exits with 1. It
# may be called again. The account "-" is that of the credentials, without ADMIN_ROLE.
#
# Set these where they are others:
HUB_ACCOUNT=${HUB_ACCOUNT:--}                           # of the daemon itself
HUB_ROLE=${HUB_ROLE:-port-iam}                          # the daemon's role there
ACCOUNT_ROLE=${ACCOUNT_ROLE:-PortIam}                   # by which it enters the others
BOUNDARY=${BOUNDARY:-PortIamBoundary}                   # of grants: its name, with its path
ADMIN_ROLE=${ADMIN_ROLE:-OrganizationAccountAccessRole} # may change all of these
PARTITION=${PARTITION:-aws}
AT_ONCE=${AT_ONCE:-16} # accounts at the same time
export HUB_ACCOUNT HUB_ROLE ACCOUNT_ROLE BOUNDARY ADMIN_ROLE PARTITION AT_ONCE
set -u

# deny SID: a policy that denies everything.
deny() {
	printf '{"Version":"2012-10-17","Statement":[{"Sid":"%s","Effect":"Deny","Action":"*","Resource":"*"}]}' "$1"
}

# An inline policy counts for the sessions that a role has already, as well.
stop_role() {
	aws iam put-role-policy --role-name "$1" --policy-name PortIamStopped --policy-document "$(deny PortIamStopped)"
}

start_role() {
	found=$(aws iam list-role-policies --role-name "$1" --query "PolicyNames[?@=='PortIamStopped']" --output text) || return 1
	[ -z "$found" ] || aws iam delete-role-policy --role-name "$1" --policy-name PortIamStopped
}

# look ARN: sets now to the default version, and before to the one that a stop replaced.
look() {
	now=$(aws iam get-policy --policy-arn "$1" --query Policy.DefaultVersionId --output text) || return 1
	before=$(aws iam get-policy-version --policy-arn "$1" --version-id "$now" \
		--query 'PolicyVersion.Document.Statement[0].Sid' --output text) || return 1
	case $before in
	PortIamStoppedBefore*) before=${before#PortIamStoppedBefore} ;;
	*) before= ;;
	esac
}

stop_boundary() {
	look "$1" || return 1
	[ -z "$before" ] || return 0
	# IAM keeps five versions: make room by the oldest.
	spare=$(aws iam list-policy-versions --policy-arn "$1" --output text \
		--query 'sort_by(Versions,&CreateDate)[?!IsDefaultVersion].VersionId') || return 1
	if [ "$(echo "$spare" | wc -w)" -ge 4 ]; then
		aws iam delete-policy-version --policy-arn "$1" --version-id "${spare%%[[:space:]]*}" || return 1
	fi
	aws iam create-policy-version --policy-arn "$1" --set-as-default --policy-document "$(deny "PortIamStoppedBefore$now")" >/dev/null
}

start_boundary() {
	look "$1" || return 1
	[ -n "$before" ] || return 0
	aws iam set-default-policy-version --policy-arn "$1" --version-id "$before" || return 1
	aws iam delete-policy-version --policy-arn "$1" --version-id "$now"
}

# enter ACCOUNT: sets here to its id, and credentials to those of ADMIN_ROLE.
enter() {
	here=$1
	if [ "$1" = - ]; then
		here=$(aws sts get-caller-identity --query Account --output text)
		return
	fi
	keys=$(aws sts assume-role --role-arn "arn:$PARTITION:iam::$1:role/$ADMIN_ROLE" --role-session-name port-iam-stop \
		--query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text) || return 1
	AWS_ACCESS_KEY_ID=$(echo "$keys" | awk '{print $1}')
	AWS_SECRET_ACCESS_KEY=$(echo "$keys" | awk '{print $2}')
	AWS_SESSION_TOKEN=$(echo "$keys" | awk '{print $3}')
	export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
	unset AWS_PROFILE
}

# say DONE WHAT: tells the outcome and keeps it.
status=0
say() {
	if [ "$1" = 0 ]; then
		echo "$do $2: done"
	else
		echo "$do $2: FAILED" >&2
		status=1
	fi
}

# hub: the daemon's own role. In a subshell, since it sets credentials.
hub() (
	enter "$HUB_ACCOUNT" && "${do}_role" "$HUB_ROLE"
)

do=${1:-}
case $do in
stop | start) [ $# -gt 1 ] || do= ;;
stop-one | start-one) # which this script calls itself with
	do=${do%-one}
	if ! enter "$2"; then
		say 1 "$2"
		exit 1
	fi
	if [ "$2" != "$HUB_ACCOUNT" ]; then # there it has no such role
		"${do}_role" "$ACCOUNT_ROLE"
		say $? "$here $ACCOUNT_ROLE"
	fi
	"${do}_boundary" "arn:$PARTITION:iam::$here:policy/$BOUNDARY"
	say $? "$here $BOUNDARY"
	exit $status
	;;
*) do= ;;
esac
if [ -z "$do" ]; then
	sed -n '2,5s/^#  *//p' "$0" >&2
	exit 2
fi
shift
if [ "$do" = stop ]; then
	hub
	say $? "$HUB_ACCOUNT $HUB_ROLE"
fi
printf '%s\n' "$@" | xargs -P "$AT_ONCE" -n 1 sh "$0" "$do-one" || status=1
if [ "$do" = start ]; then
	hub
	say $? "$HUB_ACCOUNT $HUB_ROLE"
fi
exit $status
