{{/*
Reference of an image: repository, tag (default: the chart's appVersion) and, if given, digest.
Takes root and image, a map of repository, tag and digest.
*/}}
{{- define "tandem.image" -}}
{{- $tag := .image.tag | default .root.Chart.AppVersion | toString -}}
{{- .image.repository }}:{{ $tag }}{{ with .image.digest }}@{{ . }}{{ end -}}
{{- end -}}
