{{/* Every name of this chart's objects, spelled once. All take the root context. */}}
{{- define "mysql.provision" -}}{{ include "tandem.fullname" . }}-provision{{- end -}}
{{- define "mysql.host" -}}{{ include "tandem.fullname" . }}.{{ .Release.Namespace }}.svc{{- end -}}

{{/* Name of a user's Secret. Takes root and user. */}}
{{- define "mysql.userSecret" -}}{{ include "tandem.fullname" .root }}-{{ .user | replace "_" "-" }}{{- end -}}

{{/* A user's password. Takes root, user and spec (the user's values). */}}
{{- define "mysql.userPassword" -}}
{{- include "tandem.secretValue" (dict "root" .root "namespace" .root.Release.Namespace
      "secret" (include "mysql.userSecret" .) "key" "MYSQL_PASSWORD" "value" .spec.password) -}}
{{- end -}}

{{/* Root's password. Takes the root context. */}}
{{- define "mysql.rootPassword" -}}
{{- include "tandem.secretValue" (dict "root" . "namespace" .Release.Namespace
      "secret" (include "tandem.fullname" .) "key" "MYSQL_ROOT_PASSWORD" "value" .Values.rootPassword) -}}
{{- end -}}

{{/* The server's memory limit in MiB: what its settings are worked out from. Takes the root context. */}}
{{- define "mysql.memory" -}}
{{- $limit := .Values.resources.limits.memory | toString -}}
{{- if hasSuffix "Gi" $limit }}{{ mulf (trimSuffix "Gi" $limit | float64) 1024 | int }}
{{- else if hasSuffix "Mi" $limit }}{{ trimSuffix "Mi" $limit | int }}
{{- else }}{{ fail (printf "resources.limits.memory of %s must be given in Mi or Gi, not as %q" .Chart.Name $limit) }}{{ end -}}
{{- end -}}

{{/* A database's name as GRANT takes it, where _ and % would be patterns. Takes the name. */}}
{{- define "mysql.grantName" -}}`{{ . | replace "_" "\\_" }}`{{- end -}}
