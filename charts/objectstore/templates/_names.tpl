{{/* Every name of this chart's objects, spelled once. All take the root context. */}}
{{- define "objectstore.provision" -}}{{ include "tandem.fullname" . }}-provision{{- end -}}
{{- define "objectstore.url" -}}http://{{ include "tandem.fullname" . }}.{{ .Release.Namespace }}.svc:7070{{- end -}}

{{/* Name of a user's Secret. Takes root and user. */}}
{{- define "objectstore.userSecret" -}}{{ include "tandem.fullname" .root }}-{{ .user }}{{- end -}}

{{/* A user's secret key. Takes root, user and spec (the user's values). */}}
{{- define "objectstore.userKey" -}}
{{- include "tandem.secretValue" (dict "root" .root "namespace" .root.Release.Namespace
      "secret" (include "objectstore.userSecret" .) "key" "AWS_SECRET_ACCESS_KEY" "value" .spec.secretKey "length" 40) -}}
{{- end -}}

{{/* The administrator's secret key. Takes the root context. */}}
{{- define "objectstore.rootKey" -}}
{{- include "tandem.secretValue" (dict "root" . "namespace" .Release.Namespace
      "secret" (include "tandem.fullname" .) "key" "ROOT_SECRET_KEY" "value" .Values.root.secretKey "length" 40) -}}
{{- end -}}

{{/* What the server must be restarted for. Takes the root context. */}}
{{- define "objectstore.rootKeys" -}}{{ .Values.root.accessKey }} {{ include "objectstore.rootKey" . }}{{- end -}}
