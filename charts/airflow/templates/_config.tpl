{{/*
airflow.cfg: the settings that follow from the chart's other values, then `config` of the values, which wins.
There is nothing secret in it, so the task pods get the same file.
*/}}
{{- define "airflow.cfg" -}}
{{- $derived := dict
      "core" (dict
        "executor" .Values.executor
        "dags_folder" "/opt/airflow/dags"
        "auth_manager" "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
        "execution_api_server_url" (printf "%s/execution/" (include "airflow.url" .)))
      "scheduler" (dict "enable_health_check" "True")
      "kubernetes_executor" (dict
        "namespace" (include "airflow.jobsNamespace" .)
        "pod_template_file" "/opt/airflow/config/pod_template_file.yaml")
      "logging" (dict) -}}
{{- if .Values.logs.remote.enabled -}}
{{- $_ := set $derived "logging" (dict
      "remote_logging" "True"
      "remote_base_log_folder" .Values.logs.remote.folder
      "remote_log_conn_id" "s3_logs") -}}
{{- end -}}
# Written by the chart from its values; environment variables (AIRFLOW__SECTION__KEY) win over it.
{{- range $section, $settings := mergeOverwrite $derived (deepCopy .Values.config) }}
{{- if $settings }}

[{{ $section }}]
{{- range $key, $value := $settings }}
{{ $key }} = {{ include "airflow.setting" $value }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
One value of airflow.cfg: whole numbers without an exponent (helm reads 5000000 as 5e+06), percent signs and line breaks as the
parser of the file wants them. Takes the value.
*/}}
{{- define "airflow.setting" -}}
{{- $text := toString . -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) }}{{ $text = printf "%.0f" . }}{{ end -}}
{{- $text | replace "%" "%%" | replace "\n" "\n  " -}}
{{- end -}}

{{/* What job pods get where their DAG says nothing: read by airflow_local_settings.py. */}}
{{- define "airflow.jobPodDefaults" -}}
{{- dict "resources" .Values.jobs.resources "runAsUser" .Values.jobs.runAsUser | toPrettyJson -}}
{{- end -}}

{{/* Secrets or ConfigMaps of job pods as text: `name` or `PREFIX_=name`, with commas between. Takes root and sources. */}}
{{- define "airflow.jobSources" -}}
{{- $words := list -}}
{{- range .sources -}}
{{- if kindIs "string" . }}{{ $words = append $words . }}
{{- else }}{{ $words = append $words (printf "%s=%s" (.prefix | default "") .name | trimPrefix "=") }}
{{- end -}}
{{- end -}}
{{- tpl (join "," $words) .root -}}
{{- end -}}
