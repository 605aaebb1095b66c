# What data.table takes for what delimited.lua measures: Rscript delimited_peer.R DIR OUT [ROUNDS]
suppressMessages(library(data.table))
arguments <- commandArgs(TRUE)
dir <- arguments[1]
out <- paste0(arguments[2], "/datatable.out.csv")
rounds <- if (length(arguments) > 2) as.integer(arguments[3]) else 3L
setDTthreads(2)

read_flows <- function()
  rbindlist(lapply(0:3, function(i) fread(sprintf("%s/flows.%d.csv", dir, i), header = FALSE, showProgress = FALSE)))
read_quoted <- function() fread(paste0(dir, "/quoted.csv"), showProgress = FALSE)

measure <- function(name, ask) {
  seconds <- min(sapply(seq_len(rounds), function(round) system.time(ask())["elapsed"]))
  cat(sprintf("datatable.%s\t%.3f\n", name, seconds))
}

flows <- read_flows()
quoted <- read_quoted()
measure("read flows", read_flows)
measure("read quoted", read_quoted)
measure("write flows", function() fwrite(flows, out, showProgress = FALSE))
measure("write quoted", function() fwrite(quoted, out, showProgress = FALSE))
invisible(file.remove(out))
