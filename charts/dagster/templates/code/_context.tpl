{{/* The image of a code location: its own, else that of all. Takes root and location. */}}
{{- define "dagster.codeImage" -}}
{{- $common := (index .root.Values "dagster-user-deployments").image -}}
{{- include "tandem.image" (dict "root" .root "image" (merge (deepCopy (.location.image | default dict)) (ternary $common (omit $common "tag" "digest") (not (.location.image | default dict).repository)))) -}}
{{- end -}}

{{/* What the code location adds to the pods of its runs: the environment that its server has as well. Takes root and location. */}}
{{- define "dagster.containerContext" -}}
{{- $container := dict -}}
{{- with include "dagster.locationEnvFrom" . | fromYamlArray }}{{ $_ := set $container "envFrom" . }}{{ end -}}
{{- with .location.env }}{{ $_ := set $container "env" . }}{{ end -}}
{{- with .location.runResources }}{{ $_ := set $container "resources" . }}{{ end -}}
{{- dict "k8s" (dict "run_k8s_config" (dict "container_config" $container)) | toJson -}}
{{- end -}}
