{{/*
Secrets and ConfigMaps of this release that jobs and code locations name: while the part that makes one is turned off, every pod with
that name would wait for it for ever, so it is said before anything is installed.
Takes the root context.
*/}}
{{- define "umbrella.checkReferences" -}}
{{- $named := list }}
{{- if .Values.airflow.enabled }}
{{- $named = append $named (dict "value" "airflow.jobs.secrets" "names" .Values.airflow.jobs.secrets) }}
{{- $named = append $named (dict "value" "airflow.jobs.configMaps" "names" .Values.airflow.jobs.configMaps) }}
{{- end }}
{{- if .Values.dagster.enabled }}
{{- range (index .Values.dagster "dagster-user-deployments").deployments }}
{{- $value := printf "dagster.dagster-user-deployments.deployments (%s)" .name }}
{{- $named = append $named (dict "value" (printf "%s.envSecrets" $value) "names" .envSecrets) }}
{{- $named = append $named (dict "value" (printf "%s.envConfigMaps" $value) "names" .envConfigMaps) }}
{{- end }}
{{- end }}
{{- range $entry := $named }}
{{- range $name := $entry.names }}
{{- if not (and (kindIs "map" $name) (get $name "optional")) }}
{{- if kindIs "map" $name }}{{ $name = $name.name }}{{ end }}
{{- $name = tpl $name $ }}
{{- range $part := list "postgres" "mysql" "objectstore" }}
{{- if and (not (get $.Values $part).enabled) (hasPrefix (printf "%s-%s-" $.Release.Name $part) $name) }}
{{- fail (printf "\n\ntandem: %s is off, so %s must not name %s, which nobody makes: write a Secret of your own, or leave it out.\n" $part $entry.value $name) }}
{{- end }}
{{- end }}
{{- $user := trimPrefix (printf "%s-airflow-user-" $.Release.Name) $name }}
{{- if ne $user $name }}
{{- if not $.Values.airflow.enabled }}
{{- fail (printf "\n\ntandem: airflow is off, so %s must not name %s, which nobody makes: write `optional: true` beside it, leave it out, or name a Secret of your own with URL, USERNAME and PASSWORD at an Airflow elsewhere.\n" $entry.value $name) }}
{{- else if not (get ($.Values.airflow.serviceUsers | default dict) $user) }}
{{- fail (printf "\n\ntandem: %s names %s, which nobody makes: write airflow.serviceUsers.%s, or leave it out.\n" $entry.value $name $user) }}
{{- end }}
{{- end }}
{{- if and (not $.Values.taxi.enabled) (eq $name (include "umbrella.taxi" $)) }}
{{- fail (printf "\n\ntandem: taxi is off, so %s must not name %s, which nobody makes: leave it out, or write a ConfigMap of your own.\n" $entry.value $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
