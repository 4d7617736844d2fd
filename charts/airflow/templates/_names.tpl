{{/* Every name of this chart's objects, spelled once. All take the root context. */}}
{{- define "airflow.apiServer" -}}{{ include "tandem.fullname" . }}-api-server{{- end -}}
{{- define "airflow.scheduler" -}}{{ include "tandem.fullname" . }}-scheduler{{- end -}}
{{- define "airflow.dagProcessor" -}}{{ include "tandem.fullname" . }}-dag-processor{{- end -}}
{{- define "airflow.triggerer" -}}{{ include "tandem.fullname" . }}-triggerer{{- end -}}
{{- define "airflow.migrations" -}}{{ include "tandem.fullname" . }}-migrations{{- end -}}
{{- define "airflow.worker" -}}{{ include "tandem.fullname" . }}-worker{{- end -}}
{{- define "airflow.config" -}}{{ include "tandem.fullname" . }}-config{{- end -}}
{{- define "airflow.jobsConfig" -}}{{ include "tandem.fullname" . }}-worker-config{{- end -}}
{{- define "airflow.connections" -}}{{ include "tandem.fullname" . }}-connections{{- end -}}
{{- define "airflow.admin" -}}{{ include "tandem.fullname" . }}-admin{{- end -}}

{{/* The Secret with the login of a service user. Takes root and user, its name. */}}
{{- define "airflow.userSecret" -}}{{ include "tandem.fullname" .root }}-user-{{ .user }}{{- end -}}

{{/* Where the API server is reached inside the cluster. Takes the root context. */}}
{{- define "airflow.url" -}}http://{{ include "airflow.apiServer" . }}.{{ .Release.Namespace }}.svc:8080{{- end -}}

{{- define "airflow.fernetSecret" -}}
{{- .Values.fernetKeySecretName | default (printf "%s-fernet-key" (include "tandem.fullname" .)) -}}
{{- end -}}
{{- define "airflow.apiSecret" -}}
{{- .Values.apiSecretKeySecretName | default (printf "%s-api-secret-key" (include "tandem.fullname" .)) -}}
{{- end -}}
{{- define "airflow.jwtSecret" -}}
{{- .Values.jwtSecretName | default (printf "%s-jwt-secret" (include "tandem.fullname" .)) -}}
{{- end -}}

{{/* The namespace of all pods that run tasks: the release's own unless jobs.namespace names another. */}}
{{- define "airflow.jobsNamespace" -}}{{ tpl .Values.jobs.namespace . | default .Release.Namespace }}{{- end -}}
{{- define "airflow.databaseSecret" -}}{{ tpl .Values.data.metadataConnection.passwordSecret.name . }}{{- end -}}
{{- define "airflow.logsSecret" -}}{{ tpl .Values.logs.remote.secretName . }}{{- end -}}
