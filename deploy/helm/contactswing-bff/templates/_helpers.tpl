{{/* Names are cut to the 63 characters of a DNS label. */}}
{{- define "contactswing-bff.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "contactswing-bff.fullname" -}}
{{- $name := include "contactswing-bff.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "contactswing-bff.selectorLabels" -}}
app.kubernetes.io/name: {{ include "contactswing-bff.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "contactswing-bff.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "contactswing-bff.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "contactswing-bff.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "contactswing-bff.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "contactswing-bff.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Whole seconds that the shutdown takes at most, plus the margin. */}}
{{- define "contactswing-bff.terminationGracePeriodSeconds" -}}
{{- $drainMs := add (int64 .Values.config.SHUTDOWN_DELAY_MS) (int64 .Values.config.SHUTDOWN_GRACE_MS) -}}
{{- add (div (add $drainMs 999) 1000) (int64 .Values.terminationMarginSeconds) -}}
{{- end -}}

{{/* The names of the variables in extraEnv that have a value: an empty one counts as absent. */}}
{{- define "contactswing-bff.extraEnvNames" -}}
{{- $names := list -}}
{{- range .Values.extraEnv -}}
{{- if or .value .valueFrom -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{/* REDIS_URL is set: by redis.existingSecret or by extraEnv. */}}
{{- define "contactswing-bff.hasRedis" -}}
{{- if or .Values.redis.existingSecret (has "REDIS_URL" (include "contactswing-bff.extraEnvNames" . | fromJsonArray)) -}}
true
{{- end -}}
{{- end -}}

{{/* The entries of a NetworkPolicy's "from" are all pods of the namespace of the release. */}}
{{- define "contactswing-bff.isOwnNamespaceOnly" -}}
{{- $others := list -}}
{{- range . -}}
{{- if or (hasKey . "namespaceSelector") (hasKey . "ipBlock") -}}
{{- $others = append $others . -}}
{{- end -}}
{{- end -}}
{{- if not $others -}}
true
{{- end -}}
{{- end -}}

{{- define "contactswing-bff.maxReplicas" -}}
{{- if .Values.autoscaling.enabled -}}
{{- int64 .Values.autoscaling.maxReplicas -}}
{{- else -}}
{{- int64 .Values.replicaCount -}}
{{- end -}}
{{- end -}}

{{/* Fails for values that each are valid but are not together. */}}
{{- define "contactswing-bff.validate" -}}
{{- $replicas := int64 (include "contactswing-bff.maxReplicas" .) -}}
{{- if and (gt $replicas 1) (not (include "contactswing-bff.hasRedis" .)) (not .Values.idempotency.keysPerProcess) -}}
{{- fail (printf "%d replicas without Redis: a retry with the same idempotency key that reaches another replica would create a second action. Set redis.existingSecret, or idempotency.keysPerProcess=true if keys may be per process." $replicas) -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int64 .Values.autoscaling.minReplicas) $replicas) -}}
{{- fail "autoscaling.minReplicas is greater than autoscaling.maxReplicas." -}}
{{- end -}}
{{- if eq (toString .Values.config.METRICS_PORT) (toString .Values.config.PORT) -}}
{{- fail "config.METRICS_PORT and config.PORT are the same port." -}}
{{- end -}}
{{- $usesProxy := or .Values.config.NODE_USE_ENV_PROXY (has "NODE_USE_ENV_PROXY" (include "contactswing-bff.extraEnvNames" . | fromJsonArray)) -}}
{{- if and (or .Values.config.HTTPS_PROXY .Values.config.HTTP_PROXY) (not $usesProxy) -}}
{{- fail "config.HTTPS_PROXY and config.HTTP_PROXY are ignored unless config.NODE_USE_ENV_PROXY is 1." -}}
{{- end -}}
{{- end -}}

{{/* Name and labels of the upstream check. Its pods must not match the selector of the Service. */}}
{{- define "contactswing-bff.upstreamCheck.fullname" -}}
{{- printf "%s-upstream-check" (include "contactswing-bff.fullname" . | trunc 37 | trimSuffix "-") -}}
{{- end -}}

{{- define "contactswing-bff.upstreamCheck.selectorLabels" -}}
app.kubernetes.io/name: {{ include "contactswing-bff.upstreamCheck.fullname" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Egress rules of the service and of the upstream check: DNS, ContactSwing, the JWKS, and networkPolicy.extraEgress. */}}
{{- define "contactswing-bff.egress" -}}
- ports:
    - protocol: UDP
      port: 53
    - protocol: TCP
      port: 53
  {{- if .Values.networkPolicy.dns }}
  to:
    {{- toYaml .Values.networkPolicy.dns | nindent 4 }}
  {{- end }}
- ports:
    {{- range .Values.networkPolicy.upstreamPorts }}
    - protocol: TCP
      port: {{ int64 . }}
    {{- end }}
  to:
    {{- toYaml .Values.networkPolicy.upstream | nindent 4 }}
{{- if .Values.networkPolicy.extraEgress }}
{{ toYaml .Values.networkPolicy.extraEgress }}
{{- end }}
{{- end -}}
