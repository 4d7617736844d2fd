{{/*
Full name of a chart's objects: release and chart name, or the release name alone where it already holds the chart's.
Takes the root context.
*/}}
{{- define "tandem.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- tpl .Values.fullnameOverride . | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/*
Labels that selectors may use: they must never change in the life of a release.
Takes root and, for a part of a chart, component.
*/}}
{{- define "tandem.selectorLabels" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/* All labels of an object. Takes the same as tandem.selectorLabels. */}}
{{- define "tandem.labels" -}}
{{ include "tandem.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: tandem
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/*
Labels of a pod template: like tandem.labels, without what every release of the chart changes (a new chart version alone
restarts nothing). Takes root, component and, optionally, labels (a map of the user's).
*/}}
{{- define "tandem.podLabels" -}}
{{ include "tandem.selectorLabels" . }}
app.kubernetes.io/part-of: tandem
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- with .labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Name of the service account: the user's, or the full name (with the component, if one is given). Takes root, component. */}}
{{- define "tandem.serviceAccountName" -}}
{{- $account := .account | default .root.Values.serviceAccount | default dict -}}
{{- $name := include "tandem.fullname" .root -}}
{{- default (ternary (printf "%s-%s" $name .component) $name (not (empty .component))) $account.name -}}
{{- end -}}
