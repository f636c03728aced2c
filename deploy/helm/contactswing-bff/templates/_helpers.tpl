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

{{/* Whole seconds that the drain can take at most, and the margin. */}}
{{- define "contactswing-bff.terminationGracePeriodSeconds" -}}
{{- $drainMs := add (int64 .Values.config.SHUTDOWN_DELAY_MS) (int64 .Values.config.SHUTDOWN_GRACE_MS) -}}
{{- add (div (add $drainMs 999) 1000) (int64 .Values.terminationMarginSeconds) -}}
{{- end -}}
