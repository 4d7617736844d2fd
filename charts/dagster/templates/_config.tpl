{{/*
dagster.yaml: what the values say of the instance. There is nothing secret in it: run pods get the same file, and all of it stands
in the arguments of every run's pod, so logins are names of environment variables. Takes the root context.
*/}}
{{- define "dagster.yaml" -}}
# Written by the chart from its values.
storage:
  postgres:
    # Only the migration Job makes tables.
    should_autocreate_tables: false
    postgres_db:
      # SQLAlchemy's own choice for plain `postgresql` is a driver that Dagster does not bring along.
      scheme: postgresql+psycopg2
      hostname: {env: DAGSTER_PGHOST}
      port: {env: DAGSTER_PGPORT}
      db_name: {env: DAGSTER_PGDATABASE}
      username: {env: DAGSTER_PGUSER}
      password: {env: DAGSTER_PGPASSWORD}
      params:
        sslmode: {{ .Values.postgresql.sslmode }}
        {{- with include "dagster.caFile" . }}
        sslrootcert: {{ . }}
        {{- end }}
local_artifact_storage:
  module: dagster._core.storage.root
  class: LocalArtifactStorage
  config: {base_dir: /tmp/dagster}
{{ include "dagster.computeLogs" . }}
{{ include "dagster.runLauncher" . }}
{{- with .Values.dagsterDaemon }}
run_coordinator:
  module: dagster._core.run_coordinator
  class: QueuedRunCoordinator
  {{- with .runCoordinator.config.queuedRunCoordinator }}
  config:
    dequeue_interval_seconds: {{ .dequeueIntervalSeconds }}
    dequeue_use_threads: {{ .dequeueUseThreads }}
    dequeue_num_workers: {{ .dequeueNumWorkers }}
  {{- end }}
run_monitoring:
  enabled: {{ .runMonitoring.enabled }}
  start_timeout_seconds: {{ .runMonitoring.startTimeoutSeconds }}
  cancel_timeout_seconds: {{ .runMonitoring.cancelTimeoutSeconds }}
  {{- with .runMonitoring.maxRuntimeSeconds }}
  max_runtime_seconds: {{ int . }}
  {{- end }}
  max_resume_run_attempts: 0
  poll_interval_seconds: {{ .runMonitoring.pollIntervalSeconds }}
  free_slots_after_run_end_seconds: {{ .runMonitoring.freeSlotsAfterRunEndSeconds }}
run_retries:
  enabled: {{ .runRetries.enabled }}
  max_retries: {{ .runRetries.maxRetries }}
  retry_on_asset_or_op_failure: {{ .runRetries.retryOnAssetOrOpFailure }}
sensors: {use_threads: {{ .sensors.useThreads }}, num_workers: {{ .sensors.numWorkers }}}
schedules: {use_threads: {{ .schedules.useThreads }}, num_workers: {{ .schedules.numWorkers }}}
{{- end }}
concurrency:
  {{- with .Values.concurrency }}
  runs:
    max_concurrent_runs: {{ .runs.maxConcurrentRuns }}
    {{- with .runs.tagConcurrencyLimits }}
    tag_concurrency_limits:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  pools:
    granularity: {{ .pools.granularity }}
    {{- if not (kindIs "invalid" .pools.defaultLimit) }}
    default_limit: {{ .pools.defaultLimit }}
    {{- end }}
  {{- end }}
{{- with .Values.retention }}
retention:
  schedule:
    purge_after_days:
      {{- toYaml .schedule.purgeAfterDays | nindent 6 }}
  sensor:
    purge_after_days:
      {{- toYaml .sensor.purgeAfterDays | nindent 6 }}
  {{- /* Ticks of sensors that evaluate automation conditions; Dagster would keep all that were not skipped. */}}
  auto_materialize:
    purge_after_days:
      {{- toYaml .sensor.purgeAfterDays | nindent 6 }}
{{- end }}
{{- with .Values.pythonLogs }}
python_logs:
  python_log_level: {{ .pythonLogLevel }}
  managed_python_loggers: {{ toJson .managedPythonLoggers }}
{{- end }}
telemetry: {enabled: false}
nux: {enabled: false}
{{- end -}}

{{/* Where the output of runs goes. Keys, region and address of the store come from AWS_* variables, which boto3 reads by itself. */}}
{{- define "dagster.computeLogs" -}}
compute_logs:
{{- if eq .Values.computeLogManager.type "S3ComputeLogManager" }}
  module: dagster_aws.s3.compute_log_manager
  class: S3ComputeLogManager
  {{- with .Values.computeLogManager.config.s3ComputeLogManager }}
  config:
    bucket: {{ tpl .bucket $ }}
    prefix: {{ .prefix }}
    local_dir: /tmp/dagster/compute-logs
    upload_interval: {{ .uploadInterval }}
    skip_empty_files: {{ .skipEmptyFiles }}
  {{- end }}
{{- else }}
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
{{- end }}
{{- end -}}

{{/* The pod of every run, beside what its code location adds. Takes the root context. */}}
{{- define "dagster.runLauncher" -}}
{{- $launcher := .Values.runLauncher.config.k8sRunLauncher -}}
{{- $pod := dict
      "automountServiceAccountToken" false
      "enableServiceLinks" false
      "securityContext" (include "tandem.podSecurityContext" (dict "uid" $launcher.runAsUser) | fromYaml)
      "volumes" (concat (list (dict "name" "tmp" "emptyDir" dict)) (include "dagster.caVolumes" . | fromYamlArray)) -}}
{{- range $key := list "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "priorityClassName" -}}
{{- with get $launcher $key }}{{ $_ := set $pod $key . }}{{ end -}}
{{- end -}}
{{- with .Values.imagePullSecrets }}{{ $_ := set $pod "imagePullSecrets" . }}{{ end -}}
{{- $labels := merge (dict "app.kubernetes.io/instance" .Release.Name "app.kubernetes.io/part-of" "tandem") $launcher.podLabels -}}
run_launcher:
  module: dagster_k8s
  class: K8sRunLauncher
  config:
    job_namespace: {{ include "dagster.jobNamespace" . }}
    service_account_name: {{ include "tandem.serviceAccountName" (dict "root" . "component" "run" "account" $launcher.serviceAccount) }}
    instance_config_map: {{ include "dagster.instance" . }}
    dagster_home: {{ include "dagster.home" . }}
    image_pull_policy: {{ $launcher.imagePullPolicy }}
    load_incluster_config: true
    fail_pod_on_run_failure: {{ $launcher.failPodOnRunFailure }}
    run_k8s_config:
      job_spec_config: {ttl_seconds_after_finished: {{ int $launcher.ttlSecondsAfterFinished }}, backoff_limit: 0}
      pod_template_spec_metadata:
        labels:
          {{- toYaml $labels | nindent 10 }}
        {{- with $launcher.podAnnotations }}
        annotations:
          {{- toYaml . | nindent 10 }}
        {{- end }}
      pod_spec_config:
        {{- toYaml $pod | nindent 8 }}
      container_config:
        securityContext:
          {{- include "tandem.containerSecurityContext" . | nindent 10 }}
        resources:
          {{- toYaml $launcher.resources | nindent 10 }}
        {{- with $launcher.env }}
        env:
          {{- toYaml . | nindent 10 }}
        {{- end }}
        # A run that is stopped is told again every two seconds, for as long as its pod may take to end: Dagster forgets a signal that
        # comes between two steps, and a library that is at work in C may take one for an error of its own.
        lifecycle:
          preStop:
            exec: {command: [sh, -c, "while kill -TERM 1; do sleep 2; done"]}
        envFrom:
          {{- include "dagster.envFrom" (dict "root" . "login" "run") | nindent 10 }}
        volumeMounts:
          - {name: tmp, mountPath: /tmp}
          {{- include "dagster.caMounts" . | nindent 10 }}
{{- end -}}

{{/* workspace.yaml: where webserver and daemon find the code locations. Takes the root context. */}}
{{- define "dagster.workspace" -}}
{{- $found := list -}}
{{- range $location := (index .Values "dagster-user-deployments").deployments -}}
{{- $server := dict "host" (include "dagster.codeServer" (dict "root" $ "location" $location)) "port" 4000 "location_name" $location.name -}}
{{- $found = append $found (dict "grpc_server" $server) -}}
{{- end -}}
{{- dict "load_from" $found | toYaml -}}
{{- end -}}
