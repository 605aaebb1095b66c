# What data.table takes for what along.lua measures, on rows like those: Rscript along_peer.R ROWS [ROUNDS]
suppressMessages(library(data.table))
arguments <- commandArgs(TRUE)
n <- as.numeric(arguments[1])
rounds <- if (length(arguments) > 1) as.integer(arguments[2]) else 3L
setDTthreads(2)
set.seed(1)
rows <- data.table(few = sample.int(8L, n, TRUE), many = sample.int(1000000L, n, TRUE), x = runif(n))

measure <- function(name, ask) {
  seconds <- min(sapply(seq_len(rounds), function(round) system.time(ask())["elapsed"]))
  cat(sprintf("datatable.%s\t%.3f\n", name, seconds))
}

for (key in c("few", "many")) {
  measure(paste("lag", key), function() rows[, r := shift(x), by = key])
  measure(paste("rolling", key), function() rows[, r := frollmean(x, 10L), by = key])
  measure(paste("cumsum", key), function() rows[, r := cumsum(x), by = key])
  measure(paste("rank", key), function() rows[, r := frank(x, ties.method = "min"), by = key])
}
measure("mean of 1000", function() frollmean(rows$x, 1000L))
