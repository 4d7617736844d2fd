{{/* The values of the chart's own secrets, by the rules of tandem.secretValue. All take the root context. */}}
{{- define "airflow.fernetKey" -}}
{{- include "tandem.secretValue" (dict "root" . "namespace" .Release.Namespace "secret" (include "airflow.fernetSecret" .)
      "key" "fernet-key" "value" .Values.fernetKey "base64" true) -}}
{{- end -}}
{{- define "airflow.apiSecretKey" -}}
{{- include "tandem.secretValue" (dict "root" . "namespace" .Release.Namespace "secret" (include "airflow.apiSecret" .)
      "key" "api-secret-key" "value" .Values.apiSecretKey) -}}
{{- end -}}
{{- define "airflow.jwtKey" -}}
{{- include "tandem.secretValue" (dict "root" . "namespace" .Release.Namespace "secret" (include "airflow.jwtSecret" .)
      "key" "jwt-secret" "value" .Values.jwtSecret "length" 64) -}}
{{- end -}}
{{- define "airflow.adminPassword" -}}
{{- include "tandem.secretValue" (dict "root" . "namespace" .Release.Namespace "secret" (include "airflow.admin" .)
      "key" "password" "value" .Values.createUserJob.defaultUser.password "length" 16) -}}
{{- end -}}
{{/* The password of a service user. Takes root, user (its name) and spec. */}}
{{- define "airflow.userPassword" -}}
{{- include "tandem.secretValue" (dict "root" .root "namespace" .root.Release.Namespace "secret" (include "airflow.userSecret" .)
      "key" "PASSWORD" "value" .spec.password) -}}
{{- end -}}

{{/* Connections and variables as the environment variables that Airflow reads. Takes the root context; gives a YAML map. */}}
{{- define "airflow.connectionVariables" -}}
{{- $found := dict -}}
{{- range $name, $connection := .Values.connections }}
{{- $_ := set $found (printf "AIRFLOW_CONN_%s" (upper $name)) (kindIs "string" $connection | ternary $connection (toJson $connection)) -}}
{{- end }}
{{- range $name, $value := .Values.variables }}
{{- $_ := set $found (printf "AIRFLOW_VAR_%s" (upper $name)) (kindIs "string" $value | ternary $value (toJson $value)) -}}
{{- end }}
{{- toYaml $found -}}
{{- end -}}
