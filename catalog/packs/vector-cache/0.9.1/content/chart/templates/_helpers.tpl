{{- define "vector-cache.selector" -}}
controlplane.dev/pack: {{ .Chart.Name }}
{{- end -}}
