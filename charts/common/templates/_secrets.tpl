{{/*
The value of one key of a Secret, by these rules, the first that holds:
  1. the value that the user gave;
  2. the value that is in the cluster: an upgrade never changes a password by itself;
  3. a fresh random one.
It is worked out once for each namespace, Secret and key in a rendering, so that copies of a Secret in other namespaces and
checksums agree. Takes root, namespace, secret, key and, optionally, value, length and base64 (a random one is encoded: keys that
programs want as base64 of so many bytes).
*/}}
{{- define "tandem.secretValue" -}}
{{- $memo := get .root.Values "_secretValues" | default dict -}}
{{- $id := printf "%s/%s/%s" .namespace .secret .key -}}
{{- if not (hasKey $memo $id) -}}
{{- $data := (lookup "v1" "Secret" .namespace .secret).data | default dict -}}
{{- if .value -}}
{{- $_ := set $memo $id (toString .value) -}}
{{- else if hasKey $data .key -}}
{{- $_ := set $memo $id (get $data .key | b64dec) -}}
{{- else -}}
{{- $random := randAlphaNum (int (.length | default 32)) -}}
{{- $_ := set $memo $id (ternary (b64enc $random) $random (not (empty .base64))) -}}
{{- end -}}
{{- $_ := set .root.Values "_secretValues" $memo -}}
{{- end -}}
{{- get $memo $id -}}
{{- end -}}
