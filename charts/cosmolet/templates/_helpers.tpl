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

{{/* HOST:PORT of a server, with brackets around IPv6. */}}
{{- define "cosmolet.address" -}}
{{- $host := .host }}
{{- if contains ":" $host }}
{{- $host = printf "[%s]" $host }}
{{- end }}
{{- printf "%s:%d" $host (int .port) }}
{{- end }}

{{/*
Directory of the sockets between the containers. The volume itself belongs to root; another user needs a directory of his
own in it, which the northbound makes.
*/}}
{{- define "cosmolet.socketDirectory" -}}
/run/cosmolet{{ if .Values.securityContext.runAsUser }}/northbound{{ end }}
{{- end }}

{{/* FRR's socket and table: both processes read them. */}}
{{- define "cosmolet.frrConfig" -}}
{{- $frr := deepCopy (default dict .Values.config.frr) }}
{{- if not $frr.socket }}
{{- $_ := set $frr "socket" (printf "%s/mgmtd_fe.sock" (trimSuffix "/" .Values.frr.runDir)) }}
{{- end }}
{{- toYaml $frr }}
{{- end }}

{{/* The provider with its sockets: those that are named have to be in the directory that is mounted. */}}
{{- define "cosmolet.provider" -}}
{{- $provider := default "mgmtd" .Values.config.northbound.provider }}
{{- $folder := trimSuffix "/" .Values.frr.runDir }}
{{- $mgmtd := (include "cosmolet.frrConfig" . | fromYaml).socket }}
{{- if contains ":" $provider }}
{{- range regexFindAll "/[^,]+" $provider -1 }}
{{- if and (eq $.Values.mode "split") (not (hasPrefix (printf "%s/" $folder) .)) }}
{{- fail (printf "config.northbound.provider: %s is not below frr.runDir, %s, which is what is mounted" . $folder) }}
{{- end }}
{{- end }}
{{- $provider }}
{{- else if eq $provider "mgmtd" }}
{{- printf "mgmtd:%s" $mgmtd }}
{{- else if eq $provider "bgpd" }}
{{- printf "bgpd:%s/cosmolet.sock" $folder }}
{{- else }}
{{- printf "auto:%s,%s/cosmolet.sock" $mgmtd $folder }}
{{- end }}
{{- end }}

{{/* What FRR sets on a class, as lines of a route-map. */}}
{{- define "cosmolet.setLines" -}}
{{- with .communities }}
   set community {{ join " " . }}
{{- end }}
{{- with .largeCommunities }}
   set large-community {{ join " " . }}
{{- end }}
{{- if hasKey . "localPreference" }}
   set local-preference {{ int64 .localPreference }}
{{- end }}
{{- if hasKey . "med" }}
   set metric {{ int64 .med }}
{{- end }}
{{- with .asPathPrepend }}
   set as-path prepend{{ range . }} {{ int64 . }}{{ end }}
{{- end }}
{{- with .origin }}
   set origin {{ . }}
{{- end }}
{{- end }}

{{/* Whoever has FRR's socket: sockets, journal, policy. */}}
{{- define "cosmolet.northboundSection" -}}
{{- $section := deepCopy (default dict .Values.config.northbound) }}
{{- $_ := set $section "provider" (include "cosmolet.provider" .) }}
{{- $directory := include "cosmolet.socketDirectory" . }}
{{- $_ := set $section "listen" (printf "zmq+ipc://%s/northbound.sock" $directory) }}
{{- $_ := set $section "publish" (printf "zmq+ipc://%s/commits.sock" $directory) }}
{{- $_ := set $section "group" (.Values.podSecurityContext.fsGroup | int64 | toString) }}
{{- $_ := set $section "journal" (ternary "/var/lib/cosmolet/journal.sqlite" "off" .Values.journal.enabled) }}
{{- if eq .Values.mode "split" }}
{{- $address := dict "host" .Values.metrics.bindAddress "port" .Values.metrics.northboundPort }}
{{- $_ := set $section "http" (include "cosmolet.address" $address) }}
{{- end }}
{{- toYaml $section }}
{{- end }}

{{/* The agent's configuration: .Values.config without what is empty or the northbound's, with what follows from others. */}}
{{- define "cosmolet.agentConfig" -}}
{{- $config := deepCopy .Values.config }}
{{- if not (dig "kubernetes" "kubeconfig" "" $config) }}
{{- $config = omit $config "kubernetes" }}
{{- end }}
{{- if not (dig "bgp" "asn" 0 $config) }}
{{- $config = omit $config "bgp" }}
{{- end }}
{{- if not (dig "announce" "holdDown" dict $config) }}
{{- $_ := set $config "announce" (omit $config.announce "holdDown") }}
{{- end }}
{{- $_ := set $config "frr" (include "cosmolet.frrConfig" . | fromYaml) }}
{{- $address := dict "host" .Values.metrics.bindAddress "port" .Values.metrics.port }}
{{- $_ := set $config "http" (dict "address" (include "cosmolet.address" $address)) }}
{{- if eq .Values.mode "split" }}
{{- $connect := printf "zmq+ipc://%s/northbound.sock" (include "cosmolet.socketDirectory" .) }}
{{- $_ := set $config "northbound" (dict "connect" $connect) }}
{{- else }}
{{- $_ := set $config "northbound" (include "cosmolet.northboundSection" . | fromYaml) }}
{{- end }}
{{- toYaml $config }}
{{- end }}

{{/*
What counts from a start of the processes only: the rest of a new ConfigMap an agent takes over while it runs, so the pods
need not be rolled for it.
*/}}
{{- define "cosmolet.startConfig" -}}
{{- $config := omit (include "cosmolet.agentConfig" . | fromYaml) "announce" "drain" "bgp" }}
{{- $tags := dict }}
{{- range $name, $class := .Values.config.classes }}
{{- $_ := set $tags $name $class.tag }}
{{- end }}
{{- $_ := set $config "classes" $tags }}
{{- if eq .Values.mode "split" }}
{{- $_ := set $config "process" (omit (include "cosmolet.northboundConfig" . | fromYaml) "classes") }}
{{- else }}
{{- $_ := set $config "log" (omit (default dict $config.log) "level") }}
{{- end }}
{{- toYaml $config }}
{{- end }}

{{/* The northbound's configuration, in split mode. */}}
{{- define "cosmolet.northboundConfig" -}}
frr:
  {{- include "cosmolet.frrConfig" . | nindent 2 }}
classes:
  {{- toYaml .Values.config.classes | nindent 2 }}
{{- with .Values.config.log }}
log:
  {{- toYaml . | nindent 2 }}
{{- end }}
northbound:
  {{- include "cosmolet.northboundSection" . | nindent 2 }}
{{- end }}

{{/*
Security context of the container that opens FRR's socket. Kubernetes refuses `privileged: true` together with
`allowPrivilegeEscalation: false`, and a privileged container has all capabilities anyway.
*/}}
{{- define "cosmolet.securityContext" -}}
{{- $context := deepCopy .Values.securityContext }}
{{- if $context.privileged }}
{{- $context = omit $context "allowPrivilegeEscalation" "capabilities" }}
{{- end }}
{{- toYaml $context }}
{{- end }}

{{/*
Image and probes of a container; its port is named. The kubelet asks the node's address, unless the process listens on one
address only.
*/}}
{{- define "cosmolet.image" -}}
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{- define "cosmolet.probes" -}}
livenessProbe:
  httpGet:
    {{- include "cosmolet.probeRequest" (dict "path" "/livez" "port" .port "address" .root.Values.metrics.bindAddress) | nindent 4 }}
  {{- toYaml .root.Values.livenessProbe | nindent 2 }}
readinessProbe:
  httpGet:
    {{- include "cosmolet.probeRequest" (dict "path" "/readyz" "port" .port "address" .root.Values.metrics.bindAddress) | nindent 4 }}
  {{- toYaml .root.Values.readinessProbe | nindent 2 }}
{{- end }}

{{- define "cosmolet.probeRequest" -}}
path: {{ .path }}
port: {{ .port }}
{{- if not (has .address (list "0.0.0.0" "::")) }}
host: {{ .address | quote }}
{{- end }}
{{- end }}

{{/* What the container that opens FRR's socket mounts. */}}
{{- define "cosmolet.frrMounts" -}}
# The directory and not the socket: mgmtd makes a new socket whenever it starts.
- name: frr-run
  mountPath: {{ .Values.frr.runDir }}
  readOnly: true
- name: sockets
  mountPath: /run/cosmolet
{{- if .Values.journal.enabled }}
- name: journal
  mountPath: /var/lib/cosmolet
{{- end }}
{{- end }}
