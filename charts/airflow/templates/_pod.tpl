{{/*
Environment of a control-plane container. Takes root and needs, a list of: database (URL and Fernet key), jwt, api, logs,
connections. Each component asks for what it uses and gets no more.
*/}}
{{- define "airflow.env" -}}
{{- $root := .root -}}
{{- $database := $root.Values.data.metadataConnection -}}
{{- if has "database" .needs }}
# The URL names no password: the driver takes it from PGPASSWORD, so that any character may be in it.
- name: AIRFLOW__DATABASE__SQL_ALCHEMY_CONN
  value: postgresql+psycopg2://{{ $database.user }}@{{ tpl $database.host $root }}:{{ $database.port }}/{{ $database.db }}
- name: PGSSLMODE
  value: {{ $database.sslmode }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef: {name: {{ include "airflow.databaseSecret" $root }}, key: {{ $database.passwordSecret.key }}}
- name: AIRFLOW__CORE__FERNET_KEY
  valueFrom:
    secretKeyRef: {name: {{ include "airflow.fernetSecret" $root }}, key: fernet-key}
{{- end }}
{{- if has "jwt" .needs }}
- name: AIRFLOW__API_AUTH__JWT_SECRET
  valueFrom:
    secretKeyRef: {name: {{ include "airflow.jwtSecret" $root }}, key: jwt-secret}
{{- end }}
{{- if has "api" .needs }}
- name: AIRFLOW__API__SECRET_KEY
  valueFrom:
    secretKeyRef: {name: {{ include "airflow.apiSecret" $root }}, key: api-secret-key}
{{- end }}
{{- if and (has "logs" .needs) $root.Values.logs.remote.enabled }}
# Key, secret, region and address come from the AWS_* variables of the Secret, which boto3 reads by itself.
- name: AIRFLOW_CONN_S3_LOGS
  value: '{"conn_type": "aws"}'
{{- end }}
{{ include "airflow.dagEnv" $root }}
{{- end -}}

{{/* What DAG files and tasks may rely on, wherever they are read. Takes the root context. */}}
{{- define "airflow.dagEnv" -}}
- name: TANDEM_JOBS_NAMESPACE
  value: {{ include "airflow.jobsNamespace" . }}
- name: TANDEM_JOBS_IMAGE
  value: {{ include "tandem.image" (dict "root" . "image" .Values.jobs.image) }}
- name: TANDEM_JOBS_SECRETS
  value: {{ include "airflow.jobSources" (dict "root" . "sources" .Values.jobs.secrets) | quote }}
- name: TANDEM_JOBS_CONFIG_MAPS
  value: {{ include "airflow.jobSources" (dict "root" . "sources" .Values.jobs.configMaps) | quote }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Environment from whole Secrets and ConfigMaps. Takes the same as airflow.env. */}}
{{- define "airflow.envFrom" -}}
{{- $root := .root -}}
{{- if and (has "logs" .needs) $root.Values.logs.remote.enabled }}
- secretRef: {name: {{ include "airflow.logsSecret" $root }}}
{{- end }}
{{- if has "connections" .needs }}
- secretRef: {name: {{ include "airflow.connections" $root }}}
{{- end }}
{{- with $root.Values.extraEnvFrom }}
{{ tpl (toYaml .) $root }}
{{- end }}
{{- end -}}

{{/* Mounts and volumes of every Airflow container: the configuration, and the only two folders that are written to. */}}
{{- define "airflow.volumeMounts" -}}
- {name: config, mountPath: /opt/airflow/config}
- {name: scratch, mountPath: /tmp, subPath: tmp}
- {name: scratch, mountPath: /opt/airflow/logs, subPath: logs}
{{- end -}}
{{- define "airflow.volumes" -}}
- name: config
  configMap: {name: {{ .config }}}
- name: scratch
  emptyDir: {}
{{- end -}}

{{/*
Waits until the database has the schema that this image expects, before a heavy process starts for nothing; looks at the
database itself, so that it holds after restarts, restores and upgrades alike. Takes root and arguments (a list).
*/}}
{{- define "airflow.waitContainer" -}}
- name: wait-for-database
  image: {{ include "tandem.image" (dict "root" .root "image" .root.Values.image) }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  args: {{ concat (list "/opt/airflow/bin/wait-for-database") (.arguments | default list) | toJson }}
  env:
    {{- include "airflow.env" (dict "root" .root "needs" (list "database")) | trim | nindent 4 }}
  resources:
    requests: {cpu: 10m, memory: 32Mi}
    limits: {memory: 256Mi}
  securityContext:
    {{- include "tandem.containerSecurityContext" . | nindent 4 }}
  volumeMounts:
    - {name: scratch, mountPath: /tmp, subPath: tmp}
{{- end -}}

{{/*
Annotations that roll a component's pods when what they read has changed. Takes root and needs, as airflow.env.
*/}}
{{- define "airflow.checksums" -}}
checksum/config: {{ list (include "airflow.cfg" .root) (include "airflow.localSettings" .root) (include "airflow.podTemplate" .root) (include "airflow.jobPodDefaults" .root) | toJson | sha256sum }}
{{- $secrets := list }}
{{- if has "database" .needs }}{{ $secrets = append $secrets (include "airflow.fernetKey" .root) }}{{ end }}
{{- if has "jwt" .needs }}{{ $secrets = append $secrets (include "airflow.jwtKey" .root) }}{{ end }}
{{- if has "api" .needs }}{{ $secrets = append $secrets (include "airflow.apiSecretKey" .root) }}{{ end }}
{{- if has "connections" .needs }}{{ $secrets = append $secrets (include "airflow.connectionVariables" .root) }}{{ end }}
checksum/secrets: {{ $secrets | toJson | sha256sum }}
{{- end -}}

{{- define "airflow.localSettings" -}}{{ .Files.Get "files/airflow_local_settings.py" }}{{- end -}}
