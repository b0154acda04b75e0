{{/* Name of the chart, cut to what a label value may hold. */}}
{{- define "cosmolet.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Name of all objects: the release's name, with the chart's unless it is part of it already. */}}
{{- define "cosmolet.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := include "cosmolet.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Labels that select the pods. They must never change between versions of the chart. */}}
{{- define "cosmolet.selectorLabels" -}}
app.kubernetes.io/name: {{ include "cosmolet.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels of all objects. */}}
{{- define "cosmolet.labels" -}}
{{ include "cosmolet.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Name of the service account that the pods use. */}}
{{- define "cosmolet.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "cosmolet.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* The agent's configuration: .Values.config without what is empty, with what follows from other values. */}}
{{- define "cosmolet.config" -}}
{{- $config := deepCopy .Values.config }}
{{- if not (dig "kubernetes" "kubeconfig" "" $config) }}
{{- $config = omit $config "kubernetes" }}
{{- end }}
{{- if not (dig "bgp" "asn" 0 $config) }}
{{- $config = omit $config "bgp" }}
{{- end }}
{{- $frr := default dict $config.frr }}
{{- if not $frr.socket }}
{{- $_ := set $frr "socket" (printf "%s/mgmtd_fe.sock" (trimSuffix "/" .Values.frr.runDir)) }}
{{- end }}
{{- $_ := set $config "frr" $frr }}
{{- $address := .Values.metrics.bindAddress }}
{{- if contains ":" $address }}
{{- $address = printf "[%s]" $address }}
{{- end }}
{{- $_ := set $config "http" (dict "address" (printf "%s:%d" $address (int .Values.metrics.port))) }}
{{- toYaml $config }}
{{- end }}

{{/*
The container's security context. Kubernetes refuses `privileged: true` together with
`allowPrivilegeEscalation: false`, and a privileged container has all capabilities anyway.
*/}}
{{- define "cosmolet.securityContext" -}}
{{- $context := deepCopy .Values.securityContext }}
{{- if $context.privileged }}
{{- $context = omit $context "allowPrivilegeEscalation" "capabilities" }}
{{- end }}
{{- toYaml $context }}
{{- end }}

{{/* The request of a probe. The kubelet asks the node's address, unless the agent listens on one address only. */}}
{{- define "cosmolet.probeRequest" -}}
path: {{ .path }}
port: http
{{- if not (has .address (list "0.0.0.0" "::")) }}
host: {{ .address | quote }}
{{- end }}
{{- end }}
