{{/* The variable in which the migration Job finds the password of a service user. Takes its name. */}}
{{- define "airflow.userVariable" -}}SERVICE_USER_{{ . | upper | replace "-" "_" }}{{- end -}}

{{/* What the migration Job is told of service users: name -> permissions and passwordVariable, as JSON. Takes the root context. */}}
{{- define "airflow.serviceUsers" -}}
{{- $found := dict -}}
{{- range $name, $spec := .Values.serviceUsers -}}
{{- $_ := set $found $name (dict "permissions" $spec.permissions "passwordVariable" (include "airflow.userVariable" $name)) -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}
