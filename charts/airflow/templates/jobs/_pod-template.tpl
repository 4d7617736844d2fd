{{/* The connection that KubernetesPodOperator uses by default; the provider wants JSON within JSON. Takes the root context. */}}
{{- define "airflow.kubernetesConnection" -}}
{{- $extra := dict
      "in_cluster" true
      "namespace" (include "airflow.jobsNamespace" .)
      "xcom_sidecar_container_image" (include "tandem.image" (dict "root" . "image" .Values.jobs.image))
      "xcom_sidecar_container_resources" (toJson .Values.jobs.xcomSidecar.resources) -}}
{{- dict "conn_type" "kubernetes" "extra" $extra | toJson -}}
{{- end -}}

{{/*
The pod of every task. It holds no key of the control plane: a task talks to the API server with a short-lived token of its
own. Takes the root context.
*/}}
{{- define "airflow.podTemplate" -}}
apiVersion: v1
kind: Pod
metadata:
  name: task
  labels:
    {{- include "tandem.podLabels" (dict "root" . "component" "worker" "labels" .Values.workers.podLabels) | nindent 4 }}
  {{- with .Values.workers.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  restartPolicy: Never
  serviceAccountName: {{ include "tandem.serviceAccountName" (dict "root" . "component" "worker" "account" .Values.workers.serviceAccount) }}
  automountServiceAccountToken: true
  enableServiceLinks: false
  securityContext:
    {{- include "tandem.podSecurityContext" (dict "uid" 50000 "gid" 0) | nindent 4 }}
  {{- include "tandem.scheduling" (dict "root" . "values" .Values.workers) | nindent 2 }}
  containers:
    - name: base
      image: {{ include "tandem.image" (dict "root" . "image" .Values.image) }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      env:
        - name: AIRFLOW_CONN_KUBERNETES_DEFAULT
          value: {{ include "airflow.kubernetesConnection" . | squote }}
        {{- include "airflow.env" (dict "root" . "needs" (list "logs")) | trim | nindent 8 }}
      {{- if .Values.logs.remote.enabled }}
      envFrom:
        - secretRef: {name: {{ include "airflow.logsSecret" . }}}
      {{- end }}
      resources:
        {{- toYaml .Values.workers.resources | nindent 8 }}
      securityContext:
        {{- include "tandem.containerSecurityContext" . | nindent 8 }}
      volumeMounts:
        {{- include "airflow.volumeMounts" . | nindent 8 }}
  volumes:
    {{- include "airflow.volumes" (dict "config" (include "airflow.jobsConfig" .)) | nindent 4 }}
{{- end -}}
