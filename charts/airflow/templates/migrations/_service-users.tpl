{{/* Service users without those that are set to null, which takes one out of another chart's values. Takes the root context; gives YAML. */}}
{{- define "airflow.wantedUsers" -}}
{{- $found := dict -}}
{{- range $name, $spec := .Values.serviceUsers }}{{ if $spec }}{{ $_ := set $found $name $spec }}{{ end }}{{ end -}}
{{- toYaml $found -}}
{{- end -}}

{{/* The variable in which the migration Job finds the password of a service user. Takes its name. */}}
{{- define "airflow.userVariable" -}}SERVICE_USER_{{ . | upper | replace "-" "_" }}{{- end -}}

{{/* What the migration Job is told of service users: name -> permissions and passwordVariable, as JSON. Takes the root context. */}}
{{- define "airflow.serviceUsers" -}}
{{- $found := dict -}}
{{- range $name, $spec := include "airflow.wantedUsers" . | fromYaml -}}
{{- $_ := set $found $name (dict "permissions" $spec.permissions "passwordVariable" (include "airflow.userVariable" $name)) -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}
