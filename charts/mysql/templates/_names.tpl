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

{{/* A database's name as GRANT takes it, where _ and % would be patterns. Takes the name. */}}
{{- define "mysql.grantName" -}}`{{ . | replace "_" "\\_" }}`{{- end -}}
