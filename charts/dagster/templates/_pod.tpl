{{/*
Environment from whole Secrets and ConfigMaps: the login of the storage, the keys of the store of logs, and what a code location
names. Takes root, login (owner or run) and, optionally, location.
*/}}
{{- define "dagster.envFrom" -}}
- secretRef: {name: {{ include (printf "dagster.%sSecret" .login) .root }}}
  prefix: DAGSTER_
{{- with include "dagster.logsSecret" .root }}
- secretRef: {name: {{ . }}}
{{- end }}
{{- with .location }}
{{- include "dagster.locationEnvFrom" (dict "root" $.root "location" .) }}
{{- end }}
{{- end -}}

{{/* What a code location and its runs get beside the storage. Takes root and location. */}}
{{- define "dagster.locationEnvFrom" -}}
{{- range .location.envSecrets }}
- secretRef: {name: {{ tpl .name $.root }}{{ if .optional }}, optional: true{{ end }}}
  {{- with .prefix }}
  prefix: {{ . }}
  {{- end }}
{{- end }}
{{- range .location.envConfigMaps }}
- configMapRef: {name: {{ tpl .name $.root }}}
  {{- with .prefix }}
  prefix: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The environment of the chart's own containers. Takes the root context. */}}
{{- define "dagster.env" -}}
- {name: DAGSTER_HOME, value: {{ include "dagster.home" . }}}
- {name: DAGSTER_PGSSLMODE, value: {{ .Values.postgresql.sslmode }}}
{{- with include "dagster.caFile" . }}
- {name: DAGSTER_PGSSLROOTCERT, value: {{ . }}}
{{- end }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The role that gets the rights of runs, unless runs log in as the owner. Takes the root context. */}}
{{- define "dagster.runRole" -}}
{{- if .Values.postgresql.runSecretName }}
- name: DAGSTER_RUN_ROLE
  valueFrom:
    secretKeyRef: {name: {{ include "dagster.runSecret" . }}, key: PGUSER}
{{- end }}
{{- end -}}

{{/* Mounts and volumes of the chart's own containers: the instance, and the one folder that is written to. */}}
{{- define "dagster.volumeMounts" -}}
- {name: instance, mountPath: {{ include "dagster.home" . }}}
- {name: tmp, mountPath: /tmp}
{{- include "dagster.caMounts" . }}
{{- end -}}
{{- define "dagster.volumes" -}}
- name: instance
  configMap: {name: {{ include "dagster.instance" . }}}
- name: tmp
  emptyDir: {}
{{- include "dagster.caVolumes" . }}
{{- end -}}

{{/* The certificate authority of the database's server, for every pod that logs in there; nothing where none is named. */}}
{{- define "dagster.caMounts" -}}
{{- if include "dagster.caFile" . }}
- {name: database-ca, mountPath: /opt/dagster/ca, readOnly: true}
{{- end }}
{{- end -}}
{{- define "dagster.caVolumes" -}}
{{- if include "dagster.caFile" . }}
{{- with .Values.postgresql.sslRootCert }}
- name: database-ca
  {{- if .secretName }}
  secret: {secretName: {{ tpl .secretName $ }}, items: [{key: {{ .key }}, path: {{ .key }}}]}
  {{- else }}
  configMap: {name: {{ tpl .configMapName $ }}, items: [{key: {{ .key }}, path: {{ .key }}}]}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Rolls the pods when what the instance is made of has changed. Takes the root context. */}}
{{- define "dagster.checksums" -}}
checksum/instance: {{ list (include "dagster.yaml" .) (include "dagster.workspace" .) | toJson | sha256sum }}
{{- end -}}

{{/*
Waits until the storage has the schema that this image expects, before a heavy process starts for nothing; looks at the database
itself, so that it holds after restarts, restores and upgrades alike. Takes the root context.
*/}}
{{- define "dagster.waitContainer" -}}
- name: wait-for-database
  image: {{ include "tandem.image" (dict "root" . "image" .Values.image) }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args: [/opt/dagster/bin/wait-for-database]
  env:
    {{- include "dagster.env" . | nindent 4 }}
    {{- include "dagster.runRole" . | trim | nindent 4 }}
  envFrom:
    - secretRef: {name: {{ include "dagster.ownerSecret" . }}}
      prefix: DAGSTER_
  resources:
    requests: {cpu: 10m, memory: 32Mi}
    limits: {memory: 128Mi}
  securityContext:
    {{- include "tandem.containerSecurityContext" . | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    {{- include "dagster.caMounts" . | nindent 4 }}
{{- end -}}
