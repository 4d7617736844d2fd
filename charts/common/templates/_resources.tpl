{{/*
The memory limit in MiB: what a server's settings are worked out from. Takes root.
*/}}
{{- define "tandem.memoryLimit" -}}
{{- $limit := .root.Values.resources.limits.memory | toString -}}
{{- if hasSuffix "Gi" $limit }}{{ mulf (trimSuffix "Gi" $limit | float64) 1024 | int }}
{{- else if hasSuffix "Mi" $limit }}{{ trimSuffix "Mi" $limit | int }}
{{- else }}{{ fail (printf "resources.limits.memory of %s must be given in Mi or Gi, not as %q" .root.Chart.Name $limit) }}{{ end -}}
{{- end -}}

{{/* The volume of a StatefulSet's one pod, named data. Takes root and component. */}}
{{- define "tandem.dataClaim" -}}
metadata:
  name: data
  labels:
    {{- include "tandem.selectorLabels" . | nindent 4 }}
spec:
  accessModes: [ReadWriteOnce]
  {{- with .root.Values.persistence.storageClassName }}
  storageClassName: {{ . }}
  {{- end }}
  resources:
    requests:
      storage: {{ .root.Values.persistence.size }}
{{- end -}}
