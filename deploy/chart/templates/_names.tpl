{{/* The names and labels that several templates share. */}}

{{- define "nodemend.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* At most 40 characters, because `-controller-kube-node-lease` follows. */}}
{{- define "nodemend.fullname" -}}
{{- $name := include "nodemend.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "nodemend.agent.name" -}}{{ include "nodemend.fullname" . }}-agent{{- end -}}
{{- define "nodemend.controller.name" -}}{{ include "nodemend.fullname" . }}-controller{{- end -}}
{{- define "nodemend.drills.name" -}}{{ include "nodemend.fullname" . }}-drills{{- end -}}
{{- define "nodemend.clean-up.name" -}}{{ include "nodemend.fullname" . }}-clean-up{{- end -}}

{{- define "nodemend.agent.serviceAccount" -}}
{{- default (include "nodemend.agent.name" .) .Values.agent.serviceAccount.name -}}
{{- end -}}
{{- define "nodemend.controller.serviceAccount" -}}
{{- default (include "nodemend.controller.name" .) .Values.controller.serviceAccount.name -}}
{{- end -}}
{{- define "nodemend.drills.serviceAccount" -}}{{ include "nodemend.drills.name" . }}{{- end -}}
{{- define "nodemend.clean-up.serviceAccount" -}}{{ include "nodemend.clean-up.name" . }}{{- end -}}

{{/* Takes a list: the root, and agent, controller or the like. What never changes in a release, because selectors cannot. */}}
{{- define "nodemend.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "nodemend.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "nodemend.labels" -}}
{{- $root := index . 0 -}}
{{ include "nodemend.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Takes a list: the root, and the image's values. */}}
{{- define "nodemend.image" -}}
{{- $root := index . 0 -}}
{{- with index . 1 -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $root.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What the Pod Security profile "restricted" asks of a container. */}}
{{- define "nodemend.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end -}}
