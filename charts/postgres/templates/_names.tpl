{{/* Every name of this chart's objects, spelled once. All take the root context. */}}
{{- define "postgres.provision" -}}{{ include "tandem.fullname" . }}-provision{{- end -}}
{{- define "postgres.host" -}}{{ include "tandem.fullname" . }}.{{ .Release.Namespace }}.svc{{- end -}}

{{/* Name of a role's Secret. Takes root and role. */}}
{{- define "postgres.roleSecret" -}}{{ include "tandem.fullname" .root }}-{{ .role | replace "_" "-" }}{{- end -}}

{{/* A role's password. Takes root, role and spec (the role's values). */}}
{{- define "postgres.rolePassword" -}}
{{- include "tandem.secretValue" (dict "root" .root "namespace" .root.Release.Namespace
      "secret" (include "postgres.roleSecret" .) "key" "PGPASSWORD" "value" .spec.password) -}}
{{- end -}}

{{/* The superuser's password. Takes the root context. */}}
{{- define "postgres.superuserPassword" -}}
{{- include "tandem.secretValue" (dict "root" . "namespace" .Release.Namespace
      "secret" (include "tandem.fullname" .) "key" "POSTGRES_PASSWORD" "value" .Values.superuserPassword) -}}
{{- end -}}

{{/*
Where a role's clients connect: what its values say, else the first database that it owns, else `postgres`.
Takes root, role and spec (the role's values).
*/}}
{{- define "postgres.roleDatabase" -}}
{{- $owned := list .spec.database -}}
{{- range $name, $spec := .root.Values.databases }}{{ if eq $spec.owner $.role }}{{ $owned = append $owned $name }}{{ end }}{{ end -}}
{{- first (append (compact $owned) "postgres") -}}
{{- end -}}

{{/* Fails for a role that the databases or roles name and nobody defines: the Job would only find it out in the cluster. Takes root. */}}
{{- define "postgres.checkRoles" -}}
{{- $roles := .Values.roles -}}
{{- range $name, $spec := .Values.databases -}}
{{- range prepend ($spec.readers | default list) $spec.owner -}}
{{- if not (hasKey $roles .) }}{{ fail (printf "databases.%s names the role %q, which is none of `roles`" $name .) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- range $name, $spec := $roles -}}
{{- range $spec.memberOf -}}
{{- if not (hasKey $roles .) }}{{ fail (printf "roles.%s.memberOf names %q, which is none of `roles`" $name .) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
