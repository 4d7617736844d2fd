{{/*
The pod template of a webserver. Takes root, component and readOnly.

With an authenticating proxy the server listens on 127.0.0.1 only, where the kubelet cannot reach it, so a small program in the
container asks for its probes. The read-only server has a token too, of an account without rights: describing the instance loads the
launcher of runs, which fails without one.
*/}}
{{- define "dagster.webserverTemplate" -}}
{{- $root := .root -}}
{{- $values := $root.Values.dagsterWebserver -}}
{{- $account := ternary $values.readOnlyServiceAccount $values.serviceAccount .readOnly -}}
metadata:
  labels:
    {{- include "tandem.podLabels" (dict "root" $root "component" .component "labels" $values.podLabels) | nindent 4 }}
  annotations:
    {{- include "dagster.checksums" $root | nindent 4 }}
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "tandem.serviceAccountName" (dict "root" $root "component" .component "account" $account) }}
  automountServiceAccountToken: true
  enableServiceLinks: false
  terminationGracePeriodSeconds: 30
  securityContext:
    {{- include "tandem.podSecurityContext" (dict "uid" 10001) | nindent 4 }}
  {{- include "tandem.scheduling" (dict "root" $root "values" $values) | nindent 2 }}
  initContainers:
    {{- include "dagster.waitContainer" $root | nindent 4 }}
  containers:
    - name: webserver
      image: {{ include "tandem.image" (dict "root" $root "image" $root.Values.image) }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args: {{ include "dagster.webserverArguments" . }}
      env:
        {{- include "dagster.env" $root | nindent 8 }}
      envFrom:
        {{- include "dagster.envFrom" (dict "root" $root "login" "owner") | nindent 8 }}
      ports:
        - {name: http, containerPort: 3000}
      # It goes on serving until no Service sends anybody here any more.
      lifecycle:
        preStop:
          sleep: {seconds: 5}
      startupProbe:
        {{- include "dagster.webserverProbe" (dict "root" $root "path" "/server_info") | nindent 8 }}
        periodSeconds: 1
        failureThreshold: 300
        timeoutSeconds: 5
      # Answered without a look at the database: one that is away must not restart the server.
      livenessProbe:
        {{- include "dagster.webserverProbe" (dict "root" $root "path" "/server_info") | nindent 8 }}
        periodSeconds: 15
        failureThreshold: 5
        timeoutSeconds: 10
      # This question goes through to the database.
      readinessProbe:
        {{- include "dagster.webserverProbe" (dict "root" $root "path" "/graphql?query=%7Binstance%7BrunQueuingSupported%20daemonHealth%7BallDaemonStatuses%7Bid%7D%7D%7D%7D") | nindent 8 }}
        periodSeconds: 10
        timeoutSeconds: 10
      resources:
        {{- toYaml $values.resources | nindent 8 }}
      securityContext:
        {{- include "tandem.containerSecurityContext" $root | nindent 8 }}
      volumeMounts:
        {{- include "dagster.volumeMounts" $root | nindent 8 }}
    {{- if $values.authProxy.enabled }}
    {{- include "dagster.proxyContainer" $root | nindent 4 }}
    {{- end }}
  volumes:
    {{- include "dagster.volumes" $root | nindent 4 }}
{{- end -}}

{{/* Arguments of the webserver as JSON. Takes root and readOnly. */}}
{{- define "dagster.webserverArguments" -}}
{{- $values := .root.Values.dagsterWebserver -}}
{{- $arguments := list "dagster-webserver"
      "--host" (ternary "127.0.0.1" "0.0.0.0" $values.authProxy.enabled) "--port" "3000"
      "--workspace" (printf "%s/workspace.yaml" (include "dagster.home" .root))
      "--db-statement-timeout" (int $values.dbStatementTimeout | toString)
      "--db-pool-recycle" (int $values.dbPoolRecycle | toString)
      "--log-level" $values.logLevel -}}
{{- with $values.pathPrefix }}{{ $arguments = concat $arguments (list "--path-prefix" .) }}{{ end -}}
{{- if .readOnly }}{{ $arguments = append $arguments "--read-only" }}{{ end -}}
{{- toJson $arguments -}}
{{- end -}}

{{/* A question to the webserver: asked by the kubelet, or within the pod where only that is possible. Takes root and path. */}}
{{- define "dagster.webserverProbe" -}}
{{- $path := printf "%s%s" .root.Values.dagsterWebserver.pathPrefix .path -}}
{{- if .root.Values.dagsterWebserver.authProxy.enabled -}}
exec:
  command: [answers, "3000", {{ $path | quote }}]
{{- else -}}
httpGet: {path: {{ $path | quote }}, port: http}
{{- end -}}
{{- end -}}

{{/* The proxy as the values give it, held to the same rules as every container. Takes the root context. */}}
{{- define "dagster.proxyContainer" -}}
{{- $proxy := .Values.dagsterWebserver.authProxy -}}
{{- $probe := dict "tcpSocket" (dict "port" "proxy") -}}
{{- $defaults := dict
      "name" "auth-proxy"
      "imagePullPolicy" "IfNotPresent"
      "ports" (list (dict "name" "proxy" "containerPort" (int $proxy.port)))
      "readinessProbe" $probe
      "livenessProbe" $probe
      "resources" (dict "requests" (dict "cpu" "10m" "memory" "32Mi") "limits" (dict "memory" "128Mi"))
      "securityContext" (include "tandem.containerSecurityContext" . | fromYaml) -}}
- {{ tpl (toYaml (mergeOverwrite $defaults (deepCopy $proxy.container))) . | nindent 2 | trim }}
{{- end -}}

{{/* Who may reach a webserver. Takes the root context. */}}
{{- define "dagster.webserverIngress" -}}
{{- $ports := list (dict "port" (ternary "proxy" "http" .Values.dagsterWebserver.authProxy.enabled)) -}}
{{- $test := dict "podSelector" (dict "matchLabels" (include "tandem.selectorLabels" (dict "root" . "component" "test") | fromYaml)) -}}
{{- list (dict "from" (prepend .Values.networkPolicy.webserverFrom $test) "ports" $ports) | toYaml -}}
{{- end -}}
