{{/* Names of the umbrella's own objects, spelled once. All take the root context. */}}
{{- define "umbrella.taxi" -}}{{ .Release.Name }}-taxi{{- end -}}
{{- define "umbrella.lakeSetup" -}}{{ .Release.Name }}-lake-setup{{- end -}}

{{/* Where samples lie: in the bucket that the files of the source are kept in, which is there and may be written to. */}}
{{- define "umbrella.samples" -}}{{ regexFind "^s3://[^/]+" .Values.taxi.raw }}/samples{{- end -}}

{{/* Where the pipelines take their files from: the user's choice, else the samples if there are any, else their own default. */}}
{{- define "umbrella.taxiSource" -}}
{{- .Values.taxi.source | default (ternary (include "umbrella.samples" .) "" .Values.taxi.samples.enabled) -}}
{{- end -}}
{{- define "umbrella.zonesSource" -}}
{{- .Values.taxi.zonesSource | default (ternary (printf "%s/taxi_zones.csv" (include "umbrella.samples" .)) "" .Values.taxi.samples.enabled) -}}
{{- end -}}

{{/* A container that runs `python -m taxi`. Takes root, name and arguments (a list). */}}
{{- define "umbrella.taxiContainer" -}}
{{- $taxi := .root.Values.taxi -}}
- name: {{ .name }}
  image: {{ include "tandem.image" (dict "root" .root "image" $taxi.image) }}
  imagePullPolicy: {{ $taxi.image.pullPolicy }}
  args: {{ concat (list "python" "-m" "taxi") .arguments | toJson }}
  envFrom:
    - secretRef: {name: {{ tpl $taxi.secrets.lake .root }}}
      prefix: LAKE_
    - secretRef: {name: {{ tpl $taxi.secrets.objectstore .root }}}
    {{- with $taxi.secrets.publish }}
    - secretRef: {name: {{ tpl . $.root }}}
    {{- end }}
    - configMapRef: {name: {{ include "umbrella.taxi" .root }}}
  resources:
    {{- toYaml $taxi.resources | nindent 4 }}
  securityContext:
    {{- include "tandem.containerSecurityContext" .root | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
{{- end -}}
