{{/* Every name of this chart's objects, spelled once. All take the root context. */}}
{{- define "dagster.webserver" -}}{{ include "tandem.fullname" . }}-webserver{{- end -}}
{{- define "dagster.webserverReadOnly" -}}{{ include "tandem.fullname" . }}-webserver-read-only{{- end -}}
{{- define "dagster.daemon" -}}{{ include "tandem.fullname" . }}-daemon{{- end -}}
{{- define "dagster.code" -}}{{ include "tandem.fullname" . }}-code{{- end -}}
{{- define "dagster.run" -}}{{ include "tandem.fullname" . }}-run{{- end -}}
{{- define "dagster.migrations" -}}{{ include "tandem.fullname" . }}-migrations{{- end -}}
{{- define "dagster.retention" -}}{{ include "tandem.fullname" . }}-retention{{- end -}}
{{- define "dagster.instance" -}}{{ include "tandem.fullname" . }}-instance{{- end -}}

{{/* The code server of one code location. Takes root and location (an entry of the values). */}}
{{- define "dagster.codeServer" -}}{{ include "dagster.code" .root }}-{{ .location.name }}{{- end -}}

{{/* The folder of dagster.yaml in every container that has an instance of its own. */}}
{{- define "dagster.home" -}}/opt/dagster/home{{- end -}}

{{/* Where the certificate authority of the database's server lies in every container; empty where none is named. */}}
{{- define "dagster.caFile" -}}
{{- with .Values.postgresql.sslRootCert }}{{ if or .secretName .configMapName }}/opt/dagster/ca/{{ .key }}{{ end }}{{ end -}}
{{- end -}}

{{/* The namespace of all run pods: the release's own unless the values name another. */}}
{{- define "dagster.jobNamespace" -}}
{{- tpl .Values.runLauncher.config.k8sRunLauncher.jobNamespace . | default .Release.Namespace -}}
{{- end -}}

{{/* Secrets with a login of the storage: the owner's, and that of runs and code servers. */}}
{{- define "dagster.ownerSecret" -}}{{ tpl .Values.postgresql.secretName . }}{{- end -}}
{{- define "dagster.runSecret" -}}{{ tpl (.Values.postgresql.runSecretName | default .Values.postgresql.secretName) . }}{{- end -}}

{{/* The Secret with the keys of the object store that logs of runs go to; empty where logs are not kept. */}}
{{- define "dagster.logsSecret" -}}
{{- if eq .Values.computeLogManager.type "S3ComputeLogManager" }}{{ tpl .Values.computeLogManager.secretName . }}{{ end -}}
{{- end -}}
