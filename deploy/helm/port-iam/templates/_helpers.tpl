{{- define "port-iam.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "port-iam.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "port-iam.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "port-iam.selector" -}}
app.kubernetes.io/name: {{ include "port-iam.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "port-iam.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "port-iam.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "port-iam.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "port-iam.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name is required with serviceAccount.create=false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "port-iam.secret" -}}
{{- default (include "port-iam.fullname" .) .Values.port.existingSecret -}}
{{- end -}}

{{- define "port-iam.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* The ConfigMap of the templates; if empty, the built-in ones are used. */}}
{{- define "port-iam.templates" -}}
{{- if .Values.templates.existingConfigMap -}}
{{- .Values.templates.existingConfigMap -}}
{{- else if or .Values.templates.permissionPolicy .Values.templates.trustPolicy -}}
{{- printf "%s-templates" (include "port-iam.fullname" .) -}}
{{- end -}}
{{- end -}}

{{/* What the schema cannot check: values that need or exclude each other. */}}
{{- define "port-iam.check" -}}
{{- if and .Values.port.existingSecret .Values.port.clientSecret -}}
{{- fail "port.existingSecret and port.clientSecret are both set: set one of them" -}}
{{- end -}}
{{- if not (or .Values.port.existingSecret .Values.port.clientSecret) -}}
{{- fail "port.existingSecret is missing: name the Secret that holds Port's machine credentials" -}}
{{- end -}}
{{- if and .Values.port.clientSecret (not .Values.port.clientId) -}}
{{- fail "port.clientId is missing: port.clientSecret needs it" -}}
{{- end -}}
{{- if and .Values.port.signingSecretKey (not .Values.port.existingSecret) -}}
{{- fail "port.signingSecretKey needs port.existingSecret" -}}
{{- end -}}
{{- if not .Values.config.IAM_PERMISSIONS_BOUNDARY -}}
{{- fail "config.IAM_PERMISSIONS_BOUNDARY is missing: the ARN of a policy that limits every grant, or none" -}}
{{- end -}}
{{- $boundary := toString .Values.config.IAM_PERMISSIONS_BOUNDARY -}}
{{- if and (gt (len .Values.aws.accounts) 1) (hasPrefix "arn:" $boundary) (not (contains ":iam::aws:policy/" $boundary)) -}}
{{- fail (printf "config.IAM_PERMISSIONS_BOUNDARY is %s, a policy of one account, and aws.accounts names %d: give the name of a policy that each of them has, for example PortIamBoundary" $boundary (len .Values.aws.accounts)) -}}
{{- end -}}
{{- if and (eq (toString .Values.config.GRANT_TRUST) "iam-user") (gt (len .Values.aws.trustAccounts) 1) -}}
{{- fail (printf "aws.trustAccounts names %d accounts, and config.GRANT_TRUST=iam-user takes one: names of users are unique in one account only" (len .Values.aws.trustAccounts)) -}}
{{- end -}}
{{- if and .Values.templates.existingConfigMap (or .Values.templates.permissionPolicy .Values.templates.trustPolicy) -}}
{{- fail "templates.existingConfigMap excludes templates.permissionPolicy and templates.trustPolicy" -}}
{{- end -}}
{{- end -}}
